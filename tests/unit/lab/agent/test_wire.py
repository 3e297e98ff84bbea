"""A wire whose queue and lines are stand-ins: every packet in the queue gets an answer."""

import errno
import time
from typing import Any

import pytest

from lab.agent.wire import wire as wire_module
from lab.agent.wire.nfqueue import Arrived
from lab.agent.wire.wire import Wire
from tests.unit.lab.agent.wire_faults import fault
from tests.unit.lab.agent.wire_packets import CLIENT4, PLAIN
from tests.waiting import wait_until

FIRST, SECOND = (number.to_bytes(4, "big") for number in (1, 2))
ADDRESSES = frozenset({CLIENT4})


class StandInQueue:
    """A queue in which packets wait, and the ids of those that were answered."""

    copied_bytes = 0

    def __init__(self, *_number: int) -> None:
        self.arriving: list[Arrived] = []
        self.answered: list[bytes] = []

    def read(self) -> list[Arrived]:
        arrived, self.arriving = self.arriving, []
        return arrived

    def accept(self, id_: bytes, _data: bytes | None = None) -> None:
        self.answered.append(id_)

    def copy(self, _most_bytes: int) -> None:
        pass

    def flush(self) -> None:
        pass


class StandInLines:
    """Takes lines, until told that the kernel refuses them."""

    due_ns = None
    refuses = False

    def put(self, *_links: object, **_asked: object) -> bool:
        if self.refuses:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        return True

    def begin(self, _fault: object) -> None:
        pass

    def came(self, _packets: int, _now_ns: int) -> None:
        pass


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> StandInLines:
    made = StandInLines()
    monkeypatch.setattr(wire_module, "Queue", StandInQueue)
    monkeypatch.setattr(wire_module, "Diverting", lambda: made)
    monkeypatch.setattr(wire_module, "Injector", object)
    return made


def test_what_is_due_while_a_fault_is_refused_goes_on(lines: StandInLines) -> None:
    wire: Any = Wire()
    queue = wire._queue
    wire.add("client", ADDRESSES, fault("delay", delay_ms=1))
    queue.arriving = [Arrived(id_, PLAIN[0], 0) for id_ in (FIRST, SECOND)]
    assert wire.read() == 2
    assert queue.answered == []
    (link,) = wire._links
    due_ns = link.pipeline.next_due_ns()
    wait_until(lambda: time.monotonic_ns() > due_ns, "the packets to be due")
    lines.refuses = True
    with pytest.raises(OSError, match="No buffer space"):
        wire.add("client", ADDRESSES, fault("drop"))
    assert queue.answered == [FIRST, SECOND]
    assert [one.name for _, one in wire.faults()] == ["delay"]
