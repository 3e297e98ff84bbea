"""The names that a compose file gives a service, in both the forms that it may write them."""

from typing import Any

import pytest

from lab.compose import etc_hosts, extra_hosts
from lab.errors import LocatedError


@pytest.mark.parametrize(
    ("entries", "lines"),
    [
        (["a:10.0.0.1", "b=10.0.0.2"], ("10.0.0.1 a", "10.0.0.2 b")),
        (["a:fd00::1", "b=[fd00::2]"], ("fd00::1 a", "fd00::2 b")),
        (["a:10.0.0.1", "a:10.0.0.2"], ("10.0.0.1 a", "10.0.0.2 a")),
        (
            {"a": "10.0.0.1", "b": ["10.0.0.2", "fd00::2"]},
            ("10.0.0.1 a", "10.0.0.2 b", "fd00::2 b"),
        ),
        (["a:10.0.0.1", "b:host-gateway"], ("10.0.0.1 a",)),
        (None, ()),
    ],
)
def test_each_is_a_line(entries: Any, lines: tuple[str, ...]) -> None:
    assert extra_hosts.lines("a", {"extra_hosts": entries}) == lines


@pytest.mark.parametrize(
    ("entries", "place", "said"),
    [
        (["a:10.0.0.1", "a:nowhere"], 1, "a: 'nowhere' is no address; write NAME:ADDRESS"),
        (["a"], 0, "a: '' is no address"),
        ([":10.0.0.1"], 0, "'' is no name of a host"),
        (["a b:10.0.0.1"], 0, "'a b' is no name of a host"),
        ({"a": ["10.0.0.1", "x"]}, "a", "a: 'x' is no address"),
    ],
)
def test_entry_that_is_none_is_named(entries: Any, place: object, said: str) -> None:
    with pytest.raises(LocatedError) as caught:
        extra_hosts.lines("web", {"extra_hosts": entries})
    assert caught.value.keys == ("services", "web", "extra_hosts", place)
    assert said in str(caught.value)


def test_name_in_the_file_counts_more_than_a_hosts_but_its_own_address_is_known() -> None:
    view = etc_hosts.view(
        ["wire"],
        {
            "wire": [
                etc_hosts.Known(("10.0.0.2",), ("a", "alias")),
                etc_hosts.Known(("10.0.0.3",), ("b", "other")),
            ]
        },
    )
    lines = etc_hosts.own_lines("a", "a", [["10.0.0.2"]], ("10.9.9.9 b", "10.9.9.8 a"))
    assert etc_hosts.with_own(view, lines).splitlines()[2:] == [
        *("10.9.9.9 b", "10.9.9.8 a", "10.0.0.2 a", "10.0.0.2 alias", "10.0.0.3 other"),
    ]
