"""The agent's API: what it refuses, what it survives, and what it still lists of faults gone by.

The wire is a stand-in that holds faults; the kernel's part is tested in tests/integration/wire.
"""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from lab.agent import active_fault as entry_module
from lab.agent import api as desk_module
from lab.agent.api import RequestHandler
from lab.agent.connection import Connection
from lab.agent.duration import FOR_MS
from lab.agent.wire.fault import Fault
from lab.net import pcapng, traffic
from lab.net.traffic import Counts

ADD = {"do": "add", "source": "client", "target": "server", "addresses": ["198.18.0.1"]}
DROP = {**ADD, "impairment": "drop", "asked": {}}


class HeldFaults:
    """A wire that only holds faults, and is out of order when told so."""

    refused = 0

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.names: list[str | None] = []
        self.loopback: frozenset[bytes] = frozenset()  # the addresses of the last link to itself
        self.broken: Exception | None = None

    @property
    def idle(self) -> bool:
        return not self.faults

    def add(
        self,
        _source: str,
        addresses: frozenset[bytes],
        fault: Fault,
        name: str | None = None,
        *,
        is_loopback: bool = False,
    ) -> None:
        if self.broken:
            raise self.broken
        if is_loopback:
            self.loopback = addresses
        self.faults.append(fault)
        self.names.append(name)

    def lift(self, fault: Fault) -> None:
        self.faults.remove(fault)

    def tick(self) -> None:
        pass

    def next_due_ns(self) -> int | None:
        return None

    def overload(self) -> int:
        return 0

    def count(self) -> None:
        pass

    def watch(self, _watcher: object) -> None:
        pass


class Clock:
    """The clocks of `time`, moved by hand: both show the same."""

    def __init__(self) -> None:
        self.now_ns = 10**9

    def monotonic_ns(self) -> int:
        return self.now_ns

    time_ns = monotonic_ns


class Asking:
    """One who asks a handler, and reads the answers."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        ours, self._theirs = socket.socketpair()
        self.connection = Connection(ours)

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        self._handler.handle(question, self.connection)
        self.connection.flush()
        return dict(json.loads(self._theirs.recv(1 << 16)))

    def stream(self, question: dict[str, Any]) -> bytes:
        """Ask on a capture's connection; return what comes in its stream, b"": nothing."""
        self._handler.handle(question, self.connection)
        self.connection.flush()
        try:
            return self._theirs.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        self.connection.close()
        self._theirs.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(entry_module, "time", made)
    return made


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> HeldFaults:
    del clock
    made = HeldFaults()
    monkeypatch.setattr(desk_module, "Wire", lambda: made)
    return made


@pytest.fixture
def handler(wire: HeldFaults) -> RequestHandler:
    del wire
    return RequestHandler()


@pytest.fixture
def asking(handler: RequestHandler) -> Iterator[Asking]:
    made = Asking(handler)
    yield made
    made.close()


@pytest.mark.parametrize(
    "for_ms", [float("nan"), float("inf"), "x", -5, 0, 0.5, FOR_MS.most + 1, 10**400, True, [1]]
)
def test_a_time_that_is_none_is_refused_and_no_fault_stays(
    asking: Asking, wire: HeldFaults, for_ms: Any
) -> None:
    answer = asking.ask({**DROP, "for_ms": for_ms})
    assert "for_ms" in answer["invalid"]
    assert "must be a number from 1 to 31536000000" in answer["invalid"]
    assert wire.faults == []
    assert asking.ask({"do": "list"})["done"]["faults"] == []


def test_the_longest_time_is_waited_for(
    asking: Asking, handler: RequestHandler, clock: Clock
) -> None:
    added = asking.ask({**DROP, "stay": True, "for_ms": FOR_MS.most})["done"]
    assert added["left_ms"] == FOR_MS.most
    assert handler.next_due_ns() == clock.now_ns + FOR_MS.most * 10**6


@pytest.mark.parametrize("error", [OverflowError("far too long"), RuntimeError("a mistake")])
def test_a_mistake_of_its_own_is_an_answer_and_the_faults_of_others_stay(
    asking: Asking, wire: HeldFaults, error: Exception
) -> None:
    asking.ask(DROP)
    wire.broken = error
    assert "internal error" in asking.ask(DROP)["failed"]
    wire.broken = None
    assert asking.ask({"do": "hello"}) == {"done": {}}
    assert len(wire.faults) == len(asking.ask({"do": "list"})["done"]["faults"]) == 1


def test_a_fault_whose_time_is_over_is_lifted_and_told_of_for_an_hour(
    asking: Asking, handler: RequestHandler, wire: HeldFaults, clock: Clock
) -> None:
    asking.ask({**DROP, "stay": True, "for_ms": 500})
    wire.faults[0].kept_of_kernel.add(7, 420, acted=True)
    clock.now_ns += 500 * 10**6
    handler.tick()
    assert wire.faults == []
    (over,) = asking.ask({"do": "list"})["done"]["faults"]
    assert (over["active"], over["left_ms"], over["acted_packets"]) == (False, None, 7)
    assert not handler.idle
    clock.now_ns += 3600 * 10**9
    handler.tick()
    assert asking.ask({"do": "list"})["done"]["faults"] == []
    assert handler.idle


def test_a_fault_that_is_over_can_be_cleared(
    asking: Asking, handler: RequestHandler, clock: Clock
) -> None:
    number = asking.ask({**DROP, "stay": True, "for_ms": 1})["done"]["fault"]
    clock.now_ns += 10**6
    handler.tick()
    assert asking.ask({"do": "lift", "fault": number})["done"]["active"] is False
    assert handler.idle


def test_no_more_than_a_hundred_that_are_over_are_kept(
    asking: Asking, handler: RequestHandler, clock: Clock
) -> None:
    for _ in range(120):
        asking.ask({**DROP, "stay": True, "for_ms": 1})
        clock.now_ns += 10**6
        handler.tick()
    listed = [one["fault"] for one in asking.ask({"do": "list"})["done"]["faults"]]
    assert listed == list(range(21, 121))


def test_an_owners_fault_that_is_over_goes_with_its_owner(
    asking: Asking, handler: RequestHandler, clock: Clock
) -> None:
    asking.ask({**DROP, "for_ms": 1})
    clock.now_ns += 10**6
    handler.tick()
    assert asking.ask({"do": "status", "fault": 1})["done"]["active"] is False
    handler.release(asking.connection)
    assert handler.idle


def test_dice_are_named_after_both_ends_of_the_link(asking: Asking, wire: HeldFaults) -> None:
    asking.ask(DROP)
    asking.ask({**DROP, "target": "other"})
    assert wire.names == ["client -> server", "client -> other"]


def test_link_from_a_host_to_itself_is_its_loopback_by_all_its_addresses(
    asking: Asking, wire: HeldFaults
) -> None:
    asking.ask(DROP)
    assert not wire.loopback
    asking.ask({**DROP, "source": "server", "target": "server"})
    assert wire.names[-1] == "server -> server"
    assert {bytes([127, 0, 0, 1]), bytes([198, 18, 0, 1])} <= wire.loopback


CAPTURE = {
    **{"do": "capture", "sources": {"client": ["198.18.0.1"]}, "snap_bytes": 100},
    **{"host": "server", "first_id": 0},
}


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({**CAPTURE, "sources": "client"}, "sources 'client': must be a mapping"),
        ({**CAPTURE, "snap_bytes": "9"}, "snap_bytes '9': must be a whole number from 0 to 65535"),
        ({**CAPTURE, "snap_bytes": -1}, "snap_bytes -1: must be"),
        ({**CAPTURE, "first_id": 1 << 64}, "first_id 18446744073709551616: must be"),
        ({**CAPTURE, "first_id": True}, "first_id True: must be"),
        ({"do": "sysctl", "values": ["net.x"]}, "values ['net.x']: must be a mapping"),
    ],
)
def test_what_is_of_another_type_is_refused_and_named(
    asking: Asking, question: dict[str, Any], why: str
) -> None:
    answer = asking.ask(question)
    assert answer.keys() == {"invalid"}
    assert answer["invalid"].startswith(why)
    assert asking.ask({"do": "hello"}) == {"done": {}}


def test_nothing_but_counts_is_answered_in_a_stream(asking: Asking) -> None:
    answer, _, opening = asking.stream(CAPTURE).partition(b"\n")
    assert (json.loads(answer), opening) == ({"done": {}}, pcapng.opening(100))
    for other in ({"do": "hello"}, CAPTURE, {"do": "count"}, {}):
        assert asking.stream(other) == b""
    uncounted = Counts(error="nobody asked it to count")
    block = pcapng.custom_block(traffic.encode(uncounted))
    assert asking.stream({"do": "counts"}) == block
