"""Which packets of a connection carry what a call did to its socket. Pure.

Bytes come first: what `sendall` took is found in the stream wherever it crossed the wire, and as
often as it did. Time alone would miss it, as the kernel sends when it likes.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lab.agent.call_server.registry import Role
from lab.net.packet import ACK, FIN, RST, SYN
from lab.report.directions import Direction
from lab.report.model import Connection, Packet

SLACK_NS = 50_000_000  # between a call and the packet that it makes, on a busy machine


@dataclass(slots=True)
class Socket:
    """What is known of a host's socket, as its calls go by."""

    host: str
    connection: int | None = None
    port: int | None = None
    is_target: bool = False  # the end that did not begin the connection
    is_datagram: bool = False
    sent_bytes: int = 0
    received_bytes: int = 0
    sent_packets: int = 0
    taken_packets: int = 0

    def sends(self, packet: Packet) -> bool:
        """Tell whether a packet of its connection is sent by it."""
        is_loop = packet.source == packet.target
        return packet.source == self.host and (not is_loop or packet.is_back is self.is_target)

    def gets(self, packet: Packet) -> bool:
        """Tell whether a packet of its connection is sent to it."""
        is_loop = packet.source == packet.target
        return packet.target == self.host and (
            not is_loop or packet.is_back is not self.is_target or packet.label.startswith("ICMP")
        )


class Operation(NamedTuple):
    """What a call did, and when. `size_bytes` is how many bytes it sent or received."""

    role: Role
    began_ns: int
    ended_ns: int | None
    looked_ns: int
    error: str = ""
    size_bytes: int = 0
    peeks: bool = False


class CallPackets:
    """Finds the packets of calls, which are given in the order of their beginning."""

    def __init__(self, packets: Iterable[Packet], connections: Sequence[Connection]) -> None:
        self._connections = connections
        self._packets: dict[int, list[Packet]] = defaultdict(list)
        for packet in packets:
            if packet.connection is not None:
                self._packets[packet.connection].append(packet)
        self._directions: dict[tuple[int, str], Direction] = {}
        self._news: dict[int, list[Packet]] = {}

    def first_ns(self, connection: int) -> int:
        """Return when the first packet of a connection was sent."""
        return self._packets[connection][0].time_ns

    def of(self, operation: Operation, socket: Socket) -> tuple[int, ...]:
        """Return those of a call: what it did, and what crossed while it was under way."""
        assert socket.connection is not None
        ours = self._packets[socket.connection]
        socket.is_datagram = self._connections[socket.connection].protocol == "UDP"
        found = set(self._of(operation, socket, ours))
        began = bisect_left(ours, operation.began_ns, key=_time)
        ended = bisect_right(ours, operation.ended_ns or operation.looked_ns, key=_time)
        found |= {one.number for one in ours[began:ended]}
        return tuple(sorted(found))

    def _of(self, call: Operation, socket: Socket, ours: Sequence[Packet]) -> Iterable[int]:
        """Return the packets that a call made, or that made it return."""
        ended_ns = (call.ended_ns or call.looked_ns) + SLACK_NS
        if call.role in {Role.ACCEPT, Role.CONNECT}:
            return [*_numbers(ours, _is_opening), *self._bad_news(call, socket, ended_ns)]
        if call.role is Role.END:
            return _numbers(
                ours,
                lambda one: (
                    socket.sends(one)
                    and bool(one.flags & (FIN | RST))
                    and one.time_ns >= call.began_ns - SLACK_NS
                ),
            )
        if call.error:
            return self._bad_news(call, socket, ended_ns)
        if call.role is Role.SEND:
            return self._sent(call, socket)
        if call.role is Role.RECEIVE and call.ended_ns is not None:
            return self._received(call, socket, ended_ns)
        return ()

    def _sent(self, call: Operation, socket: Socket) -> list[int]:
        mine = self._direction(socket, socket.sends)
        if socket.is_datagram:
            socket.sent_packets += 1
            return [one.number for one in mine.packets[socket.sent_packets - 1 :][:1]]
        begin, end = socket.sent_bytes, socket.sent_bytes + call.size_bytes
        socket.sent_bytes = end
        return mine.overlapping(begin, end)

    def _received(self, call: Operation, socket: Socket, ended_ns: int) -> list[int]:
        theirs = self._direction(socket, socket.gets)
        if socket.is_datagram:
            socket.taken_packets += 1
            return [one.number for one in theirs.taken[socket.taken_packets - 1 :][:1]]
        if not call.size_bytes:
            ends = [one for one in theirs.packets if one.flags & FIN and one.time_ns <= ended_ns]
            return [one.number for one in ends if one.delivered_ns is not None]
        begin, end = socket.received_bytes, socket.received_bytes + call.size_bytes
        if not call.peeks:
            socket.received_bytes = end
        found = theirs.overlapping(begin, end)
        return [number for number in found if theirs.was_delivered(number)]

    def _direction(self, socket: Socket, is_meant: Callable[[Packet], bool]) -> Direction:
        """Return the packets of a socket's connection that it sends, or that it gets."""
        assert socket.connection is not None
        ours = self._packets[socket.connection]
        way = next((_way(one) for one in ours if is_meant(one)), "")
        key = (socket.connection, way)
        if key not in self._directions:
            self._directions[key] = Direction([one for one in ours if _way(one) == way])
        return self._directions[key]

    def _bad_news(self, call: Operation, socket: Socket, ended_ns: int) -> list[int]:
        """Return the reset or the ICMP error that the host got, if there is one."""
        if not call.error or socket.connection is None:
            return []
        if socket.connection not in self._news:
            ours = self._packets[socket.connection]
            self._news[socket.connection] = [one for one in ours if _is_bad_news(one)]
        news = [
            one.number
            for one in self._news[socket.connection]
            if socket.gets(one) and one.time_ns <= ended_ns
        ]
        return news[-1:]


def _is_bad_news(packet: Packet) -> bool:
    is_reset = packet.flags & RST or "became RST" in str(packet.marks)
    return bool(is_reset) or packet.label.startswith("ICMP")


def _way(packet: Packet) -> str:
    """Return what the packets of a connection that go one way have in common."""
    return f"{packet.source} back" if packet.is_back else packet.source


def _is_opening(packet: Packet) -> bool:
    """Tell whether it is of the three that open a connection (the last one is the first ACK)."""
    is_first_ack = packet.flags & ~0xC0 == ACK and packet.label == "ACK 1" and not packet.length
    return bool(packet.flags & SYN) or (is_first_ack and packet.first_byte == 0)


def _numbers(packets: Sequence[Packet], test: Callable[[Packet], bool]) -> list[int]:
    return [one.number for one in packets if test(one)]


def _time(packet: Packet) -> int:
    return packet.time_ns
