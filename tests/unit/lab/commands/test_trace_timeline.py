"""The order in which `lab trace --packets` shows what comes from several sources."""

import time

import pytest

from lab.commands.trace_timeline import Timeline
from tests.waiting import wait_until


def test_what_was_late_to_come_stands_where_it_belongs() -> None:
    shown: list[str] = []
    began_ns = time.time_ns()
    behind = [(began_ns + 1, "second"), (began_ns + 3, "fourth")]

    def catch_up() -> None:
        while behind:
            timeline.add(*behind.pop())

    timeline = Timeline(shown.append, catch_up, hold_s=0.0)
    timeline.add(began_ns + 2, "third")
    timeline.add(began_ns, "first")
    with timeline:
        wait_until(lambda: len(shown) == 4, "all of them")
    assert shown == ["first", "second", "third", "fourth"]


def test_what_is_held_back_is_shown_at_the_end() -> None:
    shown: list[int] = []
    looks: list[int] = []

    def catch_up() -> None:
        looks.append(len(shown))
        if len(looks) == 3:
            timeline.add(began_ns, 0)

    timeline = Timeline(shown.append, catch_up, hold_s=3600.0)
    began_ns = time.time_ns()
    timeline.add(began_ns + 1, 1)
    with timeline:
        wait_until(lambda: len(looks) > 3, "several looks")
        assert shown == []
    assert shown == [0, 1]


def test_things_of_one_time_keep_their_order() -> None:
    shown: list[str] = []
    with Timeline(shown.append, lambda: None, hold_s=0.0) as timeline:
        for name in "abc":
            timeline.add(7, name)
    assert shown == ["a", "b", "c"]


def test_an_error_of_who_shows_is_raised_at_the_end() -> None:
    refused: list[int] = []

    def refuse(thing: int) -> None:
        refused.append(thing)
        raise BrokenPipeError

    def run() -> None:
        timeline = Timeline(refuse, lambda: None, hold_s=0.0)
        timeline.add(1, 1)
        with timeline:
            wait_until(lambda: refused == [1], "that it is shown")
            timeline.add(2, 2)

    with pytest.raises(BrokenPipeError):
        run()
    assert refused == [1]
