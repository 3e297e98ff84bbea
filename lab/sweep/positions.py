"""The packets of an exchange, each named by what it is: its link, its kind, its number among them.

So a fault can pick exactly that packet in another run, whatever else differs: sequence numbers,
ports, times.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from lab.evidence.background_traffic import is_background
from lab.evidence.packets import Seen
from lab.net.packet import ACK, FIN, ICMP, ICMPV6, RST, SYN, TCP, UDP, Packet

_MOST_SHOWN = 24  # bytes of a payload
_Identity = tuple[str, int, "PacketKind", int]


class PacketKind(StrEnum):
    """What a packet is; pure acknowledgments come last, as they matter least."""

    SYN = "SYN"
    SYN_ACK = "SYN-ACK"
    DATA = "data segment"
    DATAGRAM = "datagram"
    FIN = "FIN"
    RST = "RST"
    ICMP = "ICMP message"
    ACK = "ACK"


# How a fault's match names each kind.
MATCH: Mapping[PacketKind, Mapping[str, object]] = MappingProxyType(
    {
        PacketKind.SYN: {"tcp": "syn"},
        PacketKind.SYN_ACK: {"tcp": "syn-ack"},
        PacketKind.DATA: {"protocol": "tcp", "data": True},
        PacketKind.DATAGRAM: {"protocol": "udp"},
        PacketKind.FIN: {"tcp": "fin", "data": False},
        PacketKind.RST: {"tcp": "rst"},
        PacketKind.ICMP: {"protocol": "icmp"},
        PacketKind.ACK: {"tcp": "ack"},
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """The n-th packet of a kind on a link over IPv4 or IPv6, counted from 1 in all connections.

    `payload` is how its payload begins in the first clean run, and `is_stable` whether it was the
    same in all of them. `place` is its place among the packets of that run.
    """

    link: str
    ip_version: int
    kind: PacketKind
    number: int
    payload: bytes = b""
    size_bytes: int = 0
    is_stable: bool = True
    place: int = 0

    @property
    def identity(self) -> "_Identity":
        """What tells it from others."""
        return self.link, self.ip_version, self.kind, self.number

    @property
    def key(self) -> str:
        """Name it in files, the same in every sweep."""
        return f"{self.link} IPv{self.ip_version} {self.kind} {self.number}"

    @property
    def text(self) -> str:
        """Name it for people: `2nd data segment of client -> server (5 bytes: 'hello')`."""
        name = f"{ordinal(self.number)} {self.sort}"
        return f"{name} ({self.payload_text})" if self.size_bytes else name

    @property
    def payload_text(self) -> str:
        """Say what it carries: `5 bytes: 'hello'`; "" where it carries nothing."""
        if not self.size_bytes:
            return ""
        shown = repr(self.payload).removeprefix("b")
        more = "..." if self.size_bytes > len(self.payload) else ""
        return f"{self.size_bytes} byte{'s'[: self.size_bytes > 1]}: {shown}{more}"

    @property
    def sort(self) -> str:
        """Name all packets of its kind on its link: `data segment of client -> server`."""
        return f"{self.kind} of {self.link}{' (IPv6)' if self.ip_version == 6 else ''}"


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, ..."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in {11, 12, 13} else ending}"


def kind_of(packet: Packet) -> PacketKind | None:
    """Return what a packet is; None for what no fault of a sweep is about."""
    if packet.protocol == UDP:
        return PacketKind.DATAGRAM
    if packet.protocol in {ICMP, ICMPV6}:
        return PacketKind.ICMP
    if packet.protocol != TCP:
        return None
    return _kind_of_segment(packet)


def _kind_of_segment(packet: Packet) -> PacketKind:
    flags = packet.flags
    if flags & RST:
        return PacketKind.RST
    if flags & SYN:
        return PacketKind.SYN_ACK if flags & ACK else PacketKind.SYN
    if packet.payload_length:
        return PacketKind.DATA
    return PacketKind.FIN if flags & FIN else PacketKind.ACK


def positions(runs: Sequence[Iterable[Seen]]) -> list[Position]:
    """Return the positions of clean runs, in the order of the first; pure ACKs come last.

    One that not all runs have, or that had another payload in one, is not stable.
    """
    first, *others = [dict(_numbered(run)) for run in runs]
    found = []
    for place, (key, payload) in enumerate(first.items()):
        same = all(other.get(key) == payload for other in others)
        found.append(Position(*key, payload[:_MOST_SHOWN], len(payload), same, place))
    for other in others:
        for key in other:
            if key not in first and all(one.identity != key for one in found):
                found.append(Position(*key, is_stable=False, place=len(found)))
    return sorted(found, key=lambda one: one.kind is PacketKind.ACK)


def _numbered(run: Iterable[Seen]) -> Iterator[tuple[_Identity, bytes]]:
    counts: Counter[tuple[str, int, PacketKind]] = Counter()
    for seen in run:
        packet = seen.packet
        if not seen.link or is_background(packet) or (kind := kind_of(packet)) is None:
            continue
        of = seen.link, packet.version, kind
        counts[of] += 1
        yield (*of, counts[of]), bytes(packet.data[packet.payload_at : packet.length])
