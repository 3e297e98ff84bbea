"""Captures for tests: real faults on a real pipeline, packets in, and the stream that comes out."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from lab.agent.wire.capture import Capture
from lab.agent.wire.fault import Fault
from lab.agent.wire.pipeline import Pipeline
from lab.net.packet import parse
from tests.unit.lab.agent.wire_packets import CLIENT4, CLIENT6

LINK = "client -> server"
LATER_NS = 10**9


class Taken:
    """What takes the stream: as many bytes as there is room for, but only whole pieces."""

    def __init__(self, room: int = 2**40) -> None:
        self.data = b""
        self._room = room

    def take(self, data: bytes) -> bool:
        if len(data) > self._room:
            return False
        self._room -= len(data)
        self.data += data
        return True


def fault(number: int, name: str, **asked: Any) -> Fault:
    made = Fault(name, asked)
    made.number = number
    made.seed_for("client", 0)
    return made


def captured(
    packets: Sequence[bytes],
    faults: Sequence[Fault] = (),
    *,
    taken: Taken | None = None,
    later: bool = True,
    sources: Mapping[bytes, str] | None = None,
    host: str = "server",
    first_id: int = 1,
    snap_bytes: int = 65_535,
) -> bytes:
    """Return a whole stream; what waits is let go when `later`, and else is still held."""
    taken = taken or Taken()
    capture = Capture(
        taken.take,
        snap_bytes=snap_bytes,
        host=host,
        sources={CLIENT4: "client", CLIENT6: "client"} if sources is None else sources,
        first_id=first_id,
        lost=7,
    )
    pipeline = Pipeline()
    for one in faults:
        pipeline.add(one, 0)
    taken.data += capture.opening()
    turn_ns = time.monotonic_ns()
    settled = []
    for at_ns, data in enumerate(packets, turn_ns):
        settled += pipeline.arrive(b"", parse(data), at_ns)
    capture.settled(settled, turn_ns)
    if later:
        capture.settled(pipeline.due(turn_ns + LATER_NS), turn_ns + LATER_NS)
    ending = capture.end(pipeline.waiting(), lost=10)
    return taken.data + ending
