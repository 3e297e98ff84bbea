"""Which packets carry what a socket call did: by its bytes, its connection and its time. Pure.

Bytes come first: what `sendall` took is found in the stream wherever it crossed the wire, and as
often as it did. Time alone would miss it, as the kernel sends when it likes.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lab.agent.call_server.registry import Role
from lab.net.packet import ACK, FIN, RST, SYN
from lab.report.directions import Direction
from lab.report.hosts import names_by_address
from lab.report.model import Call, Packet
from lab.report.packets import Traffic

_SLACK_NS = 50_000_000  # between a call and the packet that it makes, on a busy machine


@dataclass(slots=True)
class _Socket:
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


def link(
    calls: Iterable[Call], traffic: Traffic, addresses: Mapping[str, Sequence[str]]
) -> tuple[Call, ...]:
    """Return the calls, each with its connection and its packets where there are any."""
    correlator = _Correlator(traffic, addresses)
    return tuple(correlator.link(call) for call in calls)


class _Correlator:
    def __init__(self, traffic: Traffic, addresses: Mapping[str, Sequence[str]]) -> None:
        self._connections = traffic.connections
        self._packets: dict[int, list[Packet]] = defaultdict(list)
        for packet in traffic.packets:
            if packet.connection is not None:
                self._packets[packet.connection].append(packet)
        self._sockets: dict[tuple[str, str], _Socket] = {}
        self._hosts = names_by_address(addresses)
        self._dns = [one for one in traffic.packets if one.label.startswith("DNS ")]
        self._opened: set[int] = set()
        self._directions: dict[tuple[int, str], Direction] = {}

    def link(self, call: Call) -> Call:
        """Return the call with what belongs to it."""
        socket = self._socket(call)
        self._connect(call, socket)
        if call.role is Role.LOOK_UP or call.error.startswith("EAI_"):
            return replace(call, packets=tuple(self._questions(call)))
        if socket.connection is None:
            return call
        ours = self._packets[socket.connection]
        socket.is_datagram = self._connections[socket.connection].protocol == "UDP"
        found = set(self._of(call, socket, ours))
        began = bisect_left(ours, call.began_ns, key=_time)
        ended = bisect_right(ours, call.ended_ns or call.looked_ns, key=_time)
        found |= {one.number for one in ours[began:ended]}
        return replace(call, connection=socket.connection, packets=tuple(sorted(found)))

    def _questions(self, call: Call) -> Iterable[int]:
        """Return what a host asked a name server during a call, and the answers."""
        ended_ns = call.ended_ns or call.looked_ns
        for one in self._dns:
            if call.host in {one.source, one.target} and call.began_ns <= one.time_ns <= ended_ns:
                yield one.number

    def _socket(self, call: Call) -> _Socket:
        """Return the socket that a call is made on, or makes."""
        arguments = call.arguments
        made, used = arguments.get("as"), arguments.get("socket") or arguments.get("file")
        if made is None:
            return self._sockets.setdefault((call.host, str(used)), _Socket(call.host))
        before = self._sockets.get((call.host, str(used)))
        socket = _Socket(call.host)
        if before and call.role not in {Role.ACCEPT, Role.SERVE}:
            socket = before  # a file or a copy of a socket is the same connection
        socket.is_datagram = arguments.get("type") == "datagram" or socket.is_datagram
        self._sockets[call.host, str(made)] = socket
        return socket

    def _connect(self, call: Call, socket: _Socket) -> None:
        """Find out which connection the socket has, as far as this call tells."""
        if isinstance(port := call.arguments.get("port"), int):
            socket.port = port
        if call.role is Role.ACCEPT:
            socket.connection = self._accepted(call)
            socket.is_target = True
        elif call.role is Role.CONNECT or call.is_sent_to_an_address:
            if socket.connection is None or call.is_sent_to_an_address:
                socket.is_target = False
                socket.connection = self._opened_by(call, socket)
        elif socket.connection is None and (socket.is_datagram or socket.port is not None):
            socket.connection = self._datagrams(call, socket)

    def _accepted(self, call: Call) -> int | None:
        there = [one for one in self._connections if one.source_end == call.value]
        # Of several hosts, each with a connection to itself, the ends may be the same.
        own = [one for one in there if one.target == call.host] or there
        return own[-1].number if own else None

    def _opened_by(self, call: Call, socket: _Socket) -> int | None:
        until_ns = (call.ended_ns or call.began_ns) + _SLACK_NS
        port = str(call.arguments.get("to", "")).rpartition(":")[2]
        for one in self._connections:
            if one.source != call.host or (port and not one.target_end.endswith(f":{port}")):
                continue
            first_ns = self._packets[one.number][0].time_ns
            if socket.is_datagram and one.protocol == "UDP" and first_ns >= call.began_ns:
                return one.number
            is_in_time = call.began_ns - _SLACK_NS <= first_ns <= until_ns
            if one.protocol == "TCP" and is_in_time and one.number not in self._opened:
                self._opened.add(one.number)
                return one.number
        return None

    def _datagrams(self, call: Call, socket: _Socket) -> int | None:
        """Return the connection of a datagram socket that only its port is known of."""
        ended_ns = call.ended_ns or call.began_ns
        for one in self._connections:
            end = one.target_end if one.target == socket.host else one.source_end
            is_ours = socket.host in {one.source, one.target} and one.protocol == "UDP"
            is_in_time = self._packets[one.number][0].time_ns <= ended_ns + _SLACK_NS
            if is_ours and is_in_time and end.endswith(f":{socket.port}"):
                socket.is_target = one.target == socket.host
                return one.number
        return None

    def _of(self, call: Call, socket: _Socket, ours: Sequence[Packet]) -> Iterable[int]:
        """Return the packets that a call made, or that made it return."""
        ended_ns = (call.ended_ns or call.looked_ns) + _SLACK_NS
        if call.role in {Role.ACCEPT, Role.CONNECT}:
            return [*_numbers(ours, _is_opening), *self._bad_news(call, socket, ours, ended_ns)]
        if call.role is Role.END:
            return _numbers(
                ours,
                lambda one: (
                    socket.sends(one)
                    and bool(one.flags & (FIN | RST))
                    and one.time_ns >= call.began_ns - _SLACK_NS
                ),
            )
        if call.error:
            return self._bad_news(call, socket, ours, ended_ns)
        if call.role is Role.SEND:
            return self._sent(call, socket)
        if call.role is Role.RECEIVE and call.ended_ns is not None:
            return self._received(call, socket, ended_ns)
        return ()

    def _sent(self, call: Call, socket: _Socket) -> list[int]:
        mine = self._direction(socket, socket.sends)
        if socket.is_datagram:
            socket.sent_packets += 1
            return [one.number for one in mine.packets[socket.sent_packets - 1 :][:1]]
        taken = call.value
        size = taken if isinstance(taken, int) else _size(call.arguments.get("data"))
        begin, end = socket.sent_bytes, socket.sent_bytes + size
        socket.sent_bytes = end
        return mine.overlapping(begin, end)

    def _received(self, call: Call, socket: _Socket, ended_ns: int) -> list[int]:
        theirs = self._direction(socket, socket.gets)
        if socket.is_datagram:
            socket.taken_packets += 1
            return [one.number for one in theirs.taken[socket.taken_packets - 1 :][:1]]
        size = _size(call.value)
        if not size:
            ends = [one for one in theirs.packets if one.flags & FIN and one.time_ns <= ended_ns]
            return [one.number for one in ends if one.delivered_ns is not None]
        begin, end = socket.received_bytes, socket.received_bytes + size
        if "MSG_PEEK" not in str(call.arguments.get("flags", "")):
            socket.received_bytes = end
        found = theirs.overlapping(begin, end)
        return [number for number in found if theirs.was_delivered(number)]

    def _direction(self, socket: _Socket, is_meant: Callable[[Packet], bool]) -> Direction:
        """Return the packets of a socket's connection that it sends, or that it gets."""
        assert socket.connection is not None
        ours = self._packets[socket.connection]
        way = next((_way(one) for one in ours if is_meant(one)), "")
        key = (socket.connection, way)
        if key not in self._directions:
            self._directions[key] = Direction([one for one in ours if _way(one) == way])
        return self._directions[key]

    def _bad_news(
        self, call: Call, socket: _Socket, ours: Sequence[Packet], ended_ns: int
    ) -> list[int]:
        """Return the reset or the ICMP error that the host got, if there is one."""
        news = [
            one.number
            for one in ours
            if socket.gets(one)
            and one.time_ns <= ended_ns
            and (one.flags & RST or one.label.startswith("ICMP") or "became RST" in str(one.marks))
        ]
        return news[-1:] if call.error else []


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


def _size(data: Any) -> int:
    """Return how many bytes a value of the evidence stands for."""
    match data:
        case str():
            return len(data.encode())
        case {"text": str() as text}:
            return len(text.encode())
        case {"hex": str() as digits}:
            return len(digits.replace(" ", "")) // 2
        case {"repeat": str() as unit, "times": int() as times}:
            return len(unit.encode()) * times
        case {"length": int() as length}:
            return length
    return _size(data["data"]) if isinstance(data, dict) and "data" in data else 0
