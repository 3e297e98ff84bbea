"""Whose user a service's program is, and with which rights, from its keys."""

import os
from typing import Any

import pytest

from lab.engines.namespaces.plan import users
from lab.engines.namespaces.spec import User
from lab.errors import LocatedError

DEFAULT = 0xA80401FB  # Docker's a80425fb without NET_BIND_SERVICE (10) and NET_RAW (13)


def of(**service: Any) -> User | None:
    return users.of_service("a", service)


@pytest.mark.parametrize("user", ["", "lab", "800", "800:800", "lab:lab"])
def test_without_another_user_it_is_lab(user: str) -> None:
    assert of(user=user) is None
    assert of() is None


@pytest.mark.parametrize(
    ("user", "ids"),
    [
        ("root", (0, 0)),
        ("0", (0, 0)),
        ("root:800", (0, 800)),
        ("0:lab", (0, 800)),
        ("64444", (64444, 0)),
        ("64444:5", (64444, 5)),
        ("65534:root", (65534, 0)),
    ],
)
def test_user_is_a_name_or_a_number(user: str, ids: tuple[int, int]) -> None:
    assert of(user=user) == User(*ids, DEFAULT)


def test_user_who_starts_the_lab_is_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 64444)
    assert of(user="64444:64444") is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert of(user="0") == User(0, 0, DEFAULT)


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("nosuch", "no user nosuch on this machine; name one that it has, or a number"),
        ("0:nosuch", "no group nosuch on this machine; name one that it has, or a number"),
        ("65536", "65536 is too large; a host's users are 0 to 65535"),
        ("1:70000", "70000 is too large"),
        ("-1", "no user -1 on this machine"),
        (":5", "no user  on this machine"),
    ],
)
def test_user_that_cannot_be_is_refused(user: str, said: str) -> None:
    with pytest.raises(LocatedError, match=said) as raised:
        of(user=user)
    assert raised.value.keys == ("services", "a", "user")


@pytest.mark.parametrize(
    ("keys", "bits"),
    [
        ({"cap_drop": ["ALL"]}, 0),
        ({"cap_drop": ["all"], "cap_add": ["SETUID", "CAP_SETGID"]}, 0xC0),
        ({"cap_drop": ["CHOWN", "setfcap"]}, DEFAULT & ~(1 | 1 << 31)),
        ({"cap_add": ["SYS_PTRACE"]}, DEFAULT | 1 << 19),
        ({"cap_add": ["ALL"], "cap_drop": ["BPF"]}, (1 << 41) - 1 - (1 << 39)),
    ],
)
def test_rights_are_dockers_changed_by_the_file(keys: dict[str, list[str]], bits: int) -> None:
    assert of(user="root", **keys) == User(0, 0, bits)
