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

ADD = {"do": "add", "source": "client", "target": "server", "addresses": ["198.18.0.1"]}
DROP = {**ADD, "impairment": "drop", "asked": {}}


class HeldFaults:
    """A wire that only holds faults, and is out of order when told so."""

    refused = 0

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.names: list[str | None] = []
        self.broken: Exception | None = None

    @property
    def idle(self) -> bool:
        return not self.faults

    def add(self, _source: str, _addresses: object, fault: Fault, name: str | None = None) -> None:
        if self.broken:
            raise self.broken
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


class Clock:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now_ns = 10**9

    def monotonic_ns(self) -> int:
        return self.now_ns


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
    wire.faults[0].acted_packets = 7
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
