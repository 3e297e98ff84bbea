"""A link on the way carries only small packets: a black hole for others, or one that says so."""

from collections.abc import Mapping
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.match import never
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net import craft
from lab.net.fate import DROPPED, Effect
from lab.net.packet import Packet
from lab.net.parameters import Parameter

_LEAST, _MOST = 68, 65_535  # RFC 791: every link carries 68 bytes
_DONT_FRAGMENT = 0x40
_LEAST_IPV6 = 1280


class Impairment(Base):
    """Lose packets that are longer; with `icmp` tell their sender (RFC 1191, RFC 8201).

    With `icmp` an IPv4 packet that may be fragmented is let by, as fragmented on the way and put
    together again, and IPv6 packets are let by where `mtu_bytes` is below the 1280 that every link
    of IPv6 carries (RFC 8200, 5). Without it nothing longer arrives: the black hole of RFC 2923.
    """

    STAGE = Stage.END
    NEEDS_BYTES = True
    PARAMETERS = (
        Parameter("mtu_bytes", int, "the longest IP packet", _LEAST, _MOST, required=True),
        Parameter("icmp", bool, "say fragmentation-needed or packet-too-big", default=False),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._mtu_bytes: int = values["mtu_bytes"]
        self._icmp: bool = values["icmp"]

    def refuse(self, match: Mapping[str, Any]) -> None:
        """What is never too long, and links that IPv6 does not have."""
        most = match["max_bytes"]
        if most is not None and most <= self._mtu_bytes:
            never(f"max_bytes {most}: must be above mtu_bytes {self._mtu_bytes}")
        if match["ip_version"] == 6 and self._says_what_ipv6_never_says:
            what = f"mtu_bytes {self._mtu_bytes} with icmp"
            never(f"{what}: must be at least {_LEAST_IPV6} over IPv6")

    @property
    def _says_what_ipv6_never_says(self) -> bool:
        return self._icmp and self._mtu_bytes < _LEAST_IPV6

    def concerns(self, packet: Packet) -> bool:
        """Only what is too long."""
        if packet.length <= self._mtu_bytes:
            return False
        if packet.version == 6:
            return not self._says_what_ipv6_never_says
        return not self._icmp or bool(packet.data[6] & _DONT_FRAGMENT)

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """End the packet's way, and answer it where `icmp` says so."""
        del draw
        transit.lost = True
        effect = Effect(DROPPED, f"longer than {self._mtu_bytes}")
        if not self._icmp:
            return effect
        error = craft.icmp_error(transit.packet, "fragmentation-needed", mtu_bytes=self._mtu_bytes)
        answered = transit.reply(error)
        return Effect(DROPPED, f"{effect.reason}, and said so") if answered else effect
