"""Who is counted for, what a refusal says, and when counters are closed; counters are stand-ins."""

import errno
import socket
from collections.abc import Iterator
from typing import ClassVar

import pytest

from lab.agent import counting as counting_module
from lab.agent.connection import Connection
from lab.agent.counting import Counting
from lab.net.traffic import Count, Counts

ADDRESSES = frozenset({bytes([198, 18, 1, 2])})
COUNTED = Counts((Count("198.18.1.2", "198.18.1.3", "UDP", 1, 0),))


class StandInCounters:
    """Counters of a kernel that refuses what it is told to; all that were tried, and made."""

    tried = 0
    made: ClassVar[list["StandInCounters"]] = []
    refuses_all = refuses_departures = False

    def __init__(self) -> None:
        type(self).tried += 1
        if self.refuses_all:
            raise OSError(errno.EOPNOTSUPP, "sets: not supported")
        self.fits, self.is_closed = True, False
        self.made.append(self)

    def close(self) -> None:
        self.is_closed = True


class StandInCount:
    """What is counted for one; or what goes wrong when it is asked for."""

    goes_wrong: Exception | None = None

    def __init__(self, counters: StandInCounters) -> None:
        self._counters = counters
        self._addresses: frozenset[bytes] = frozenset()

    def begin_departures(self, addresses: frozenset[bytes]) -> None:
        if self._counters.refuses_departures:
            raise OSError(errno.EOPNOTSUPP, "egress: not supported")
        self._addresses = addresses

    def counts(self) -> Counts:
        if self.goes_wrong:
            raise self.goes_wrong
        return COUNTED if self._addresses else Counts()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> type[StandInCounters]:
    class Kernel(StandInCounters):
        made: ClassVar[list[StandInCounters]] = []

    monkeypatch.setattr(counting_module, "TrafficCounters", Kernel)
    monkeypatch.setattr(counting_module, "TrafficCount", StandInCount)
    return Kernel


@pytest.fixture
def one() -> Iterator[Connection]:
    yield from connection()


@pytest.fixture
def another() -> Iterator[Connection]:
    yield from connection()


def connection() -> Iterator[Connection]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Connection(ours)


def yes() -> bool:
    return True


def no() -> bool:
    return False


@pytest.mark.usefixtures("kernel")
def test_only_who_has_asked_is_counted_for(one: Connection, another: Connection) -> None:
    counting = Counting()
    counting.begin(one)
    assert counting.counts(one) == Counts()
    for of in (one, another):
        counting.begin_departures(of, ADDRESSES)
    assert counting.counts(one) == COUNTED
    assert counting.counts(another) == Counts(error="nobody asked it to count")
    counting.end(one)
    assert counting.counts(one) == Counts(error="nobody asked it to count")


def test_a_kernel_that_has_refused_counters_is_not_asked_again(
    kernel: type[StandInCounters], one: Connection, another: Connection
) -> None:
    counting = Counting()
    kernel.refuses_all = True
    for of in (one, another):
        counting.begin(of)
        counting.begin_departures(of, ADDRESSES)
        assert counting.counts(of) == Counts(error="sets: not supported")
    assert kernel.tried == 1


def test_what_leaves_is_refused_alone(kernel: type[StandInCounters], one: Connection) -> None:
    counting = Counting()
    kernel.refuses_departures = True
    counting.begin(one)
    counting.begin_departures(one, ADDRESSES)
    assert counting.counts(one) == Counts(error="egress: not supported")
    assert [made.is_closed for made in kernel.made] == [False]


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.EBADMSG, "bad message"), "bad message"),
        (ValueError("odd"), "internal error: ValueError('odd')"),
    ],
)
def test_whatever_goes_wrong_is_told(
    monkeypatch: pytest.MonkeyPatch, one: Connection, error: Exception, text: str
) -> None:
    counting = Counting()
    counting.begin(one)
    monkeypatch.setattr(StandInCount, "goes_wrong", error)
    assert counting.counts(one) == Counts(error=text)


def test_counters_are_shared_until_nobody_needs_them(
    kernel: type[StandInCounters], one: Connection, another: Connection
) -> None:
    counting = Counting()
    for of in (one, another):
        counting.begin(of)
    (counters,) = kernel.made
    counting.end(one)
    counting.close_unneeded(yes)
    assert not counters.is_closed
    counting.end(another)
    counting.close_unneeded(no)
    assert not counters.is_closed
    counting.close_unneeded(yes)
    assert counters.is_closed
    counting.begin(one)
    assert len(kernel.made) == 2


def test_counters_of_other_interfaces_are_closed_with_the_rest(
    kernel: type[StandInCounters], one: Connection, another: Connection
) -> None:
    counting = Counting()
    counting.begin(one)
    kernel.made[0].fits = False
    counting.begin(another)
    assert [made.is_closed for made in kernel.made] == [False, False]
    counting.close()
    assert [made.is_closed for made in kernel.made] == [True, True]


def test_nobody_is_asked_whether_it_is_at_rest_while_nothing_is_there(one: Connection) -> None:
    counting = Counting()

    def never() -> bool:
        raise AssertionError

    counting.close_unneeded(never)
    counting.end(one)
    counting.close_unneeded(never)
