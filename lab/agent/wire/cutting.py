"""Superpackets as they come from the first queue, and their segments out of the second.

What is handed on to the second queue is there at once, and nothing else is: so segments keep their
place among the packets of the first queue, whatever way those go.
"""

from collections.abc import Iterator

from lab.agent.wire.nfqueue import HEADERS, Arrived, Queue
from lab.agent.wire.segment_sizes import SegmentSizes
from lab.agent.wire.superpacket import Segment, Superpacket
from lab.agent.wire.transit import Transit
from lab.net.packet import TCP, Packet, parse

_LONGEST = 40 + 0xFFFF  # bytes of an IP packet


def read(data: bytes) -> Packet:
    """Read a packet, of which as many bytes are there as have been copied."""
    return parse(data, None if len(data) < HEADERS else _LONGEST)


class Cutting:
    """Knows the size of their segments, or has the kernel cut them."""

    def __init__(self, packets: Queue, segments: Queue) -> None:
        self._packets = packets
        self._segments = segments
        self._sizes = SegmentSizes()
        self.has_cut = False  # since this was last set

    def entering(
        self, arrived: Arrived, packet: Packet, faults: tuple[object, ...], now_ns: int
    ) -> Iterator[Transit]:
        """Yield what enters the wire of a superpacket: itself, or its segments."""
        size = self._sizes.of(arrived.data) if packet.protocol == TCP else 0
        if size:
            yield Superpacket(arrived.id, packet, faults, now_ns, size)
            return
        for number, (id_, segment) in enumerate(self._handed_on(arrived.id)):
            yield Segment(id_, segment, faults, now_ns + number)

    def cut(self, superpacket: Superpacket) -> Iterator[Transit]:
        """Yield the segments that the kernel makes of a superpacket, where it has got to."""
        for number, (id_, packet) in enumerate(self._handed_on(superpacket.id)):
            yield Segment.of(superpacket, id_, packet, number)

    def _handed_on(self, id_: bytes) -> list[tuple[bytes, Packet]]:
        self.has_cut = True
        self._packets.flush()
        self._packets.hand_on(id_)
        found: list[tuple[bytes, Packet]] = []
        while segments := self._segments.read():
            found += [(one.id, read(one.data)) for one in segments]
        return found

    def rest(self) -> None:
        """Look at no superpackets, until one comes again."""
        self._sizes.close()
