"""What was lost is told when all has come that will; what hosts send meanwhile changes nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab.api.traffic_comparison import TrafficComparison
from lab.net.traffic import Count, Counts

CLIENT, SERVER = "198.18.1.2", "198.18.1.3"
ADDRESSES = {"client": [CLIENT], "server": [SERVER]}
# At each time when they are asked: what the client has sent, and what has come to the server.
Figures = Iterator[tuple[int, int]]


class Agents:
    """Both agents and what reads their streams, as far as they are used."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._sent = self._arrived = 0
        self.asked = 0

    def post(self, _do: str) -> None:
        """Count the requests of either host."""
        self.asked += 1

    def forget_counts(self, host: str) -> None:
        """Go on to the next figures."""
        if host == "client":
            self._sent, self._arrived = next(self._figures, (self._sent, self._arrived))

    def wait_for_counts(self, host: str, _seconds: float) -> Counts | None:
        """Return what it has counted by now."""
        if host == "client":
            return Counts((Count(CLIENT, SERVER, "UDP", self._sent, 0),))
        return Counts((), (Count(CLIENT, SERVER, "UDP", self._arrived, 0),))


def lost(figures: Figures) -> tuple[int, int]:
    """Return how many are told of, and how often the client was asked."""
    agents: Any = Agents(figures)
    comparison = TrafficComparison({"client": agents, "server": agents}, agents, ADDRESSES)
    found = comparison.losses()
    assert comparison.uncounted == ()
    return sum(one.packets for one in found), agents.asked // 2


def always(sent: int, arrived: int) -> Figures:
    yield sent, arrived


def late() -> Figures:
    yield from [(9, 5), (9, 7), (9, 9)]


def sent_again() -> Figures:
    """One is lost; the same comes when it is sent once more."""
    yield from [(1, 0), (2, 1)]


def steady(under_way: int) -> Callable[[], Figures]:
    def figures() -> Figures:
        for number in range(10, 10_000, 10):
            yield number, number - under_way

    return figures


def test_nothing_is_asked_more_often_than_needed() -> None:
    assert lost(always(9, 9)) == (0, 2)


def test_what_is_under_way_is_waited_for() -> None:
    assert lost(late())[0] == 0


def test_what_is_lost_is_told() -> None:
    assert lost(always(9, 7))[0] == 2


def test_what_comes_later_hides_no_loss() -> None:
    assert lost(sent_again())[0] == 1


class Unsure(Agents):
    """Agents of which the server's does not say what it has counted, at first or any more."""

    def __init__(self, answers: Iterator[Counts | None]) -> None:
        super().__init__(always(9, 5))
        self._answers = answers
        self.waited_for: list[str] = []

    def wait_for_counts(self, host: str, seconds: float) -> Counts | None:
        self.waited_for.append(host)
        if host == "server":
            return next(self._answers)
        return super().wait_for_counts(host, seconds)


SILENT, UNABLE = None, Counts(error="no")
WAS_ABLE = Counts((), (Count(CLIENT, SERVER, "UDP", 5, 0),))


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([SILENT], "it has not said what it counted"),
        ([UNABLE], "no"),
        ([WAS_ABLE, WAS_ABLE, SILENT], "it has not said what it counted"),
    ],
)
def test_who_has_not_answered_once_is_asked_no_more(answers: list[Counts | None], why: str) -> None:
    agents: Any = Unsure(iter(answers))
    comparison = TrafficComparison({"client": agents, "server": agents}, agents, ADDRESSES)
    assert comparison.losses() == ()
    assert agents.waited_for.count("server") == len(answers)
    assert agents.waited_for.count("client") >= 2
    assert comparison.uncounted == (f"server: {why}",)


@pytest.mark.parametrize("under_way", [0, 3])
def test_hosts_that_go_on_are_not_waited_for_long(under_way: int) -> None:
    found, asked = lost(steady(under_way)())
    assert found == 0
    assert asked < 100
