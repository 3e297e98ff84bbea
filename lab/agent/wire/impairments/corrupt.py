"""Bits of a packet are flipped on the way."""

from collections.abc import Mapping
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.match import never
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net import checksum
from lab.net.fate import Effect
from lab.net.packet import Packet, parse
from lab.net.parameters import Parameter


class Impairment(Base):
    """Flip bits of the payload (of the transport header, where there is none).

    The checksum is left as it was, so the receiving kernel throws the packet away; or mended, so
    that the program gets to see the damage.
    """

    STAGE = Stage.CHANGE
    NEEDS_BYTES = True
    DRAWS = True  # which bits
    EVERY = "corrupt every packet"
    PARAMETERS = (
        Parameter("bits", int, "how many bits", 1, 64, default=1),
        Parameter("offset_bytes", int, "where in the payload (default: at random)", 0, 65_535),
        Parameter(
            "checksum", str, "what becomes of it", choices=("left", "mended"), default="left"
        ),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._bits: int = values["bits"]
        self._offset: int | None = values["offset_bytes"]
        self._mended = values["checksum"] == "mended"

    def refuse(self, match: Mapping[str, Any]) -> None:
        """What has not so many bytes, and fragments, whose checksum is the whole datagram's."""
        if self._mended and match["fragment"] not in {None, "none"}:
            never(f"fragment {match['fragment']} with checksum mended: must be none; or leave it")
        most, header = match["max_bytes"], 40 if match["ip_version"] == 6 else 20
        if most is not None and most <= (self._offset or 0) + header:
            never(f"max_bytes {most}: must be above offset_bytes and the header, {header} bytes")

    def concerns(self, packet: Packet) -> bool:
        """Only what has the byte to corrupt, and a checksum that can be mended."""
        if self._mended and packet.fragment:
            return False
        return packet.length - _start(packet) > (self._offset or 0)

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Flip them; neighbouring bits, so that two flips never undo each other."""
        # What an earlier fault has put in the packet's place is what goes on over the line.
        packet = transit.current
        data = bytearray(packet.data)
        start = _start(packet)
        room = (packet.length - start) * 8
        offset = self._offset
        first = int(draw.number(b"corrupt") * room) if offset is None else offset * 8 % room
        for bit in range(first, first + min(self._bits, room)):
            at, shift = divmod(bit % room, 8)
            data[start + at] ^= 0x80 >> shift
        transit.data = checksum.mended(parse(bytes(data))) if self._mended else bytes(data)
        return Effect(f"corrupted from bit {first} of byte {start} on")


def _start(packet: Packet) -> int:
    return packet.payload_at if packet.payload_at < packet.length else packet.transport_at
