"""Bytes of the payload are others on the way."""

from collections.abc import Mapping
from struct import Struct
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.match import never
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net import checksum
from lab.net.data import Data
from lab.net.fate import Effect
from lab.net.packet import TCP, UDP, Packet, parse
from lab.net.parameters import Parameter, ParameterError

_LENGTH = Struct("!H")
_MOST_BYTES = 65_535  # of an IPv4 packet; of an IPv6 packet without its header


class Impairment(Base):
    """Replace bytes of the payload by others, wherever they stand in it.

    The checksums are mended, so the program gets to see the others. TCP counts bytes: there they
    must be as many. Bytes that stand in two segments are not found.
    """

    STAGE = Stage.CHANGE
    NEEDS_BYTES = READS_PAYLOAD = True
    PARAMETERS = (
        Parameter("find", Data, "the bytes to replace", required=True),
        Parameter("replacement", Data, "the bytes in their place", required=True),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._find: bytes = values["find"]
        self._replacement: bytes = values["replacement"]
        if not self._find:
            raise ParameterError("find is empty: must be the bytes to replace")
        if self._find == self._replacement:
            raise ParameterError("find and replacement are the same; it would change nothing")
        self._growth = len(self._replacement) - len(self._find)
        if self._growth:
            self.protocol = "udp"

    def refuse(self, match: Mapping[str, Any]) -> None:
        """What has no payload, and fragments, whose checksum is the whole datagram's."""
        if match["protocol"] == "icmp" or match["icmp_type"]:
            never("ICMP: its payload is a packet that was sent; replace is of TCP and UDP")
        if match["fragment"] not in {None, "none"}:
            never(f"fragment {match['fragment']}: must be none")
        if match["data"] is False or match["tcp"] == "ack":
            never("packets without payload")

    def concerns(self, packet: Packet) -> bool:
        """Only whole packets in which the bytes stand, and which stay packets."""
        if packet.fragment or packet.protocol not in {TCP, UDP}:
            return False
        count = packet.data.count(self._find, packet.payload_at, packet.length)
        return count > 0 and packet.length + count * self._growth <= _MOST_BYTES

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Replace them."""
        del draw
        # What an earlier fault has put in the packet's place is what goes on over the line.
        packet = transit.current
        payload = packet.data[packet.payload_at : packet.length]
        first, count = payload.find(self._find), payload.count(self._find)
        data = packet.data[: packet.payload_at] + payload.replace(self._find, self._replacement)
        transit.data = checksum.mended(parse(_with_lengths(packet, data)))
        return Effect(f"replaced {count} x, first at byte {first} of the payload")


def _with_lengths(packet: Packet, data: bytes) -> bytes:
    """Return the bytes with the length fields of IP and UDP right."""
    mended = bytearray(data)
    if packet.version == 4:
        _LENGTH.pack_into(mended, 2, len(data))
    else:
        _LENGTH.pack_into(mended, 4, len(data) - 40)
    if packet.protocol == UDP:
        _LENGTH.pack_into(mended, packet.transport_at + 4, len(data) - packet.transport_at)
    return bytes(mended)
