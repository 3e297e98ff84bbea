"""Which connection a packet belongs to, and where in its stream of bytes it stands."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import NamedTuple

from lab.net import sequence
from lab.net.packet import ACK, FIN, RST, SYN, TCP, UDP, Packet, parse
from lab.report import packet_text
from lab.report.model import Connection

_RETRANSMISSION, _KEEP_ALIVE, _PROBE = "retransmission", "keep-alive", "window probe"

End = tuple[bytes, int]
# The protocol, both ends, and of what a host sends to itself the host: many have 127.0.0.1.
_Key = tuple[int, frozenset[End], str]


class Place(NamedTuple):
    """A packet's: `first_byte` counts from 0 in its direction, where it `has_bytes`."""

    connection: int | None
    label: str
    marks: tuple[str, ...] = ()
    first_byte: int = 0
    has_bytes: bool = False
    is_back: bool = False  # to the end that began, of a host's connection to itself


@dataclass(slots=True)
class _Direction:
    """What one end of a TCP connection has sent."""

    first: int | None = None  # the sequence number that is 0 on the page
    next: int = 0  # relative: what follows all that has been sent
    window: int = 1
    syn: int | None = None


@dataclass(slots=True)
class _Flow:
    connection: Connection
    directions: dict[End, _Direction] = field(default_factory=dict)


class Flows:
    """Places packets one after the other, in the order in which they were sent."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self._flows: dict[_Key, _Flow] = {}

    def place(self, packet: Packet, source: str, target: str) -> Place:
        """Return the place of the next packet, sent by the host `source` to `target`."""
        if packet.source_port is None or packet.destination_port is None:
            about = self._about(packet, _alone(source, target))
            return Place(about, packet_text.label(packet, 0, 0))
        ends = (packet.source, packet.source_port), (packet.destination, packet.destination_port)
        alone = _alone(source, target)
        assert packet.protocol is not None
        key = packet.protocol, frozenset(ends), alone
        flow = self._flows.get(key)
        if flow is None or _begins_anew(flow, packet, ends[0]):
            flow = self._flows[key] = self._new(packet, source, target, ends)
        if packet.protocol != TCP or packet.payload_at == packet.transport_at:
            place = Place(flow.connection.number, packet_text.label(packet, 0, 0))
        else:
            place = _in_stream(flow, packet, *ends)
        is_back = bool(alone) and _text(*ends[0]) != flow.connection.source_end
        return place._replace(is_back=True) if is_back else place

    def _new(self, packet: Packet, source: str, target: str, ends: tuple[End, End]) -> _Flow:
        texts = [_text(address, port) for address, port in ends]
        hosts = [source, target]
        # Whoever answers a SYN was not the first, even if the capture begins with the answer.
        if packet.protocol == TCP and packet.flags & (SYN | ACK) == SYN | ACK:
            texts.reverse()
            hosts.reverse()
        name = "TCP" if packet.protocol == TCP else "UDP" if packet.protocol == UDP else "IP"
        made = Connection(len(self.connections), name, *hosts, *texts)
        self.connections.append(made)
        return _Flow(made, {end: _Direction() for end in ends})

    def _about(self, packet: Packet, alone: str) -> int | None:
        """Return the connection that an ICMP error is about."""
        if not packet_text.is_icmp_error(packet):
            return None
        inner = parse(packet.data[packet.payload_at :])
        if inner.source_port is None or inner.destination_port is None or inner.protocol is None:
            return None
        ends = {(inner.source, inner.source_port), (inner.destination, inner.destination_port)}
        flow = self._flows.get((inner.protocol, frozenset(ends), alone))
        return flow.connection.number if flow else None


def _alone(source: str, target: str) -> str:
    """Return the host that sends to itself, "" for what is between two."""
    return source if source == target else ""


def _begins_anew(flow: _Flow, packet: Packet, source: End) -> bool:
    """Tell whether a SYN opens another connection between the same ports."""
    if packet.protocol != TCP or packet.flags & (SYN | ACK) != SYN:
        return False
    before = flow.directions[source].syn if source in flow.directions else None
    return before is not None and before != packet.sequence


def _in_stream(flow: _Flow, packet: Packet, source: End, target: End) -> Place:
    sender, receiver = flow.directions[source], flow.directions[target]
    flags, length = packet.flags, packet.payload_length
    if flags & SYN:
        sender.syn = sender.first = packet.sequence
    if sender.first is None:
        # It began before the capture: the first byte seen is the stream's first.
        sender.first = sequence.after(packet.sequence, -1)
        sender.next = 1
    if receiver.first is None and flags & ACK:
        receiver.first = sequence.after(packet.acknowledgment, -1)
        receiver.next = max(receiver.next, 1)
    relative = sequence.distance(packet.sequence, sender.first)
    first = receiver.first or 0
    acknowledgment = sequence.distance(packet.acknowledgment, first) if flags & ACK else 0
    marks = _marks(packet, relative, sender.next, receiver.window)
    sender.window = packet_text.window(packet)
    end = relative + length + bool(flags & SYN) + bool(flags & FIN)
    if not flags & RST:
        sender.next = max(sender.next, end)
    text = packet_text.label(packet, relative, acknowledgment)
    first_byte = max(0, relative - 1)
    return Place(flow.connection.number, text, marks, first_byte, length > 0)


def _marks(packet: Packet, relative: int, following: int, window: int) -> tuple[str, ...]:
    flags, length = packet.flags, packet.payload_length
    if flags & RST:
        return ()
    if length <= 1 and not flags & (SYN | FIN) and following and relative == following - 1:
        return (_PROBE if window == 0 else _KEEP_ALIVE,)
    size = length + bool(flags & SYN) + bool(flags & FIN)
    if size and relative + size <= following:
        return (_RETRANSMISSION,)
    return ()


def _text(address: bytes, port: int) -> str:
    text = str(ip_address(address))
    return f"[{text}]:{port}" if len(address) == 16 else f"{text}:{port}"
