"""A superpacket on its way: many TCP segments that the kernel carries as one. No I/O."""

from typing import Any

from lab.agent.wire.transit import Transit
from lab.net import segments
from lab.net.packet import Packet


class Superpacket(Transit):
    """Counts as its `segments`, each with `segment_bytes` of data; the last may have fewer.

    A fault that does not mean all of them alike sets `is_refused`: then the segments take its place
    before that fault, one by one.
    """

    __slots__ = ("_ends", "is_refused", "segment_bytes", "segments")

    def __init__(
        self,
        id_: bytes,
        packet: Packet,
        faults: tuple[Any, ...],
        now_ns: int,
        segment_bytes: int,
    ) -> None:
        super().__init__(id_, packet, faults, now_ns)
        self.segment_bytes = segment_bytes
        self.segments = segments.count(packet, segment_bytes)
        self.is_refused = False
        self._ends: tuple[Packet, Packet] | None = None

    @property
    def ends(self) -> tuple[Packet, Packet]:
        """The first and the last of its segments."""
        if self._ends is None:
            self._ends = segments.first_and_last(self.packet, self.segment_bytes)
        return self._ends

    @property
    def all_bytes(self) -> int:
        """The IP packets of all its segments, in bytes."""
        packet = self.packet
        return packet.payload_length + self.segments * packet.payload_at


class Segment(Transit):
    """A segment that the kernel has cut from a superpacket, and holds in its second queue."""

    __slots__ = ()
    is_segment = True

    @classmethod
    def of(cls, whole: Superpacket, id_: bytes, packet: Packet, number: int) -> "Segment":
        """Return the segment that goes on where the whole had got to; `number` counts from 0."""
        made = cls(id_, packet, whole.faults, whole.arrived_ns + number)
        made.at_ns = whole.at_ns
        made.position = whole.position
        made.actions = list(whole.actions)
        return made
