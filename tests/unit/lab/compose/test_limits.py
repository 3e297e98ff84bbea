"""Limits: as they are written, as this machine allows them, as one word, and in force."""

import os
import resource

import pytest

from lab.compose import limits


@pytest.mark.parametrize(
    ("asked", "had"),
    [
        ((5, 10), (5, 10)),
        ((5, 200), (5, 100)),
        ((150, 200), (100, 100)),
        ((5, -1), (5, 100)),
        ((-1, -1), (100, 100)),
        ((0, 0), (0, 0)),
    ],
)
def test_no_limit_is_above_what_the_machine_allows(
    asked: tuple[int, int], had: tuple[int, int]
) -> None:
    assert limits.allowed({"nofile": asked}, {"nofile": 100}) == {"nofile": had}
    assert limits.allowed({"nofile": asked}, {"nofile": -1}) == {"nofile": asked}


def test_one_number_is_both() -> None:
    asked = {"ulimits": {"nofile": 5, "core": {"soft": 0, "hard": -1}}}
    assert limits.of_service("a", asked) == {"nofile": (5, 5), "core": (0, -1)}


def test_limits_travel_as_one_word() -> None:
    some = {"nofile": (512, 1024), "core": (0, -1)}
    assert limits.of_text(limits.text(some)) == some
    assert " " not in limits.text(some)


def test_process_has_them() -> None:
    child = os.fork()
    if child == 0:
        limits.apply({"core": (0, 0), "nofile": (64, 128)})
        core, files = resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(7)
        os._exit(0 if (core, files) == ((0, 0), (64, 128)) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
