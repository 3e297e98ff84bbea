"""A TCP segment arrives as several smaller ones, as some middleboxes send it on."""

from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net import checksum, segments
from lab.net.fate import Effect
from lab.net.packet import Packet
from lab.net.parameters import Parameter

_MOST_MS = 60_000


class Impairment(Base):
    """Cut a TCP segment into several, each with so many bytes of its data.

    Each has the header of the whole, options and all, and its own sequence number and checksum; PSH
    and FIN are on the last one only, CWR on the first, as the kernel's own segmentation has it
    (tcp_gso_segment). Only whole segments with more data than that are meant: no SYN, no RST, no
    urgent data, no fragments, and nothing of UDP, whose datagrams are never cut on their way. What
    an earlier fault has damaged stays whole, for its receiver to drop it. With `spacing_ms` the
    pieces of later segments wait for those before them; other packets may overtake them.
    """

    STAGE = Stage.SPLIT
    NEEDS_BYTES = True
    INJECTS = True
    PARAMETERS = (
        Parameter("size_bytes", int, "the data of each piece", 1, 65_535, required=True),
        Parameter("spacing_ms", float, "between the pieces", 0, _MOST_MS, default=0.0),
    )
    protocol = "tcp"

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._size_bytes: int = values["size_bytes"]
        self._gap_ns = round(values["spacing_ms"] * 1e6)
        self._free_ns = 0  # when the pieces of earlier segments have gone on

    def concerns(self, packet: Packet) -> bool:
        """Only whole data segments that are longer."""
        return segments.can_be_cut(packet) and packet.payload_length > self._size_bytes

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Put the pieces in the segment's place."""
        del draw
        packet = transit.current
        if not self.concerns(packet) or not checksum.is_right(packet):
            return Effect("not cut", "it is damaged, or another one stands in its place")
        transit.pieces = _pieces(packet, self._size_bytes)
        transit.gap_ns = self._gap_ns
        if self._gap_ns:
            transit.at_ns = max(transit.at_ns, self._free_ns)
            self._free_ns = transit.at_ns + len(transit.pieces) * self._gap_ns
        return Effect(f"cut into {len(transit.pieces)} pieces")


def _pieces(packet: Packet, size_bytes: int) -> list[bytes]:
    return [checksum.mended(one) for one in segments.cut(packet, size_bytes)]
