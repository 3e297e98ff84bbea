"""Which packets carry what the lab's own calls did: a call has its socket by a name. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.agent.call_server.registry import Role
from lab.report.call_packets import SLACK_NS, CallPackets, Operation, Socket
from lab.report.hosts import names_by_address
from lab.report.model import Call
from lab.report.packets import Traffic


def link(
    calls: Iterable[Call], traffic: Traffic, addresses: Mapping[str, Sequence[str]]
) -> tuple[Call, ...]:
    """Return the calls, each with its connection and its packets where there are any."""
    correlator = _Correlator(traffic, addresses)
    return tuple(correlator.link(call) for call in calls)


class _Correlator:
    def __init__(self, traffic: Traffic, addresses: Mapping[str, Sequence[str]]) -> None:
        self._connections = traffic.connections
        self._packets = CallPackets(traffic.packets, traffic.connections)
        self._sockets: dict[tuple[str, str], Socket] = {}
        self._hosts = names_by_address(addresses)
        self._dns = [one for one in traffic.packets if one.label.startswith("DNS ")]
        self._opened: set[int] = set()

    def link(self, call: Call) -> Call:
        """Return the call with what belongs to it."""
        socket = self._socket(call)
        self._connect(call, socket)
        if call.role is Role.LOOK_UP or call.error.startswith("EAI_"):
            return replace(call, packets=tuple(self._questions(call)))
        if socket.connection is None:
            return call
        packets = self._packets.of(_operation(call), socket)
        return replace(call, connection=socket.connection, packets=packets)

    def _questions(self, call: Call) -> Iterable[int]:
        """Return what a host asked a name server during a call, and the answers."""
        ended_ns = call.ended_ns or call.looked_ns
        for one in self._dns:
            if call.host in {one.source, one.target} and call.began_ns <= one.time_ns <= ended_ns:
                yield one.number

    def _socket(self, call: Call) -> Socket:
        """Return the socket that a call is made on, or makes."""
        arguments = call.arguments
        made, used = arguments.get("as"), arguments.get("socket") or arguments.get("file")
        if made is None:
            return self._sockets.setdefault((call.host, str(used)), Socket(call.host))
        before = self._sockets.get((call.host, str(used)))
        socket = Socket(call.host)
        if before and call.role not in {Role.ACCEPT, Role.SERVE}:
            socket = before  # a file or a copy of a socket is the same connection
        socket.is_datagram = arguments.get("type") == "datagram" or socket.is_datagram
        self._sockets[call.host, str(made)] = socket
        return socket

    def _connect(self, call: Call, socket: Socket) -> None:
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

    def _opened_by(self, call: Call, socket: Socket) -> int | None:
        until_ns = (call.ended_ns or call.began_ns) + SLACK_NS
        port = str(call.arguments.get("to", "")).rpartition(":")[2]
        for one in self._connections:
            if one.source != call.host or (port and not one.target_end.endswith(f":{port}")):
                continue
            first_ns = self._packets.first_ns(one.number)
            if socket.is_datagram and one.protocol == "UDP" and first_ns >= call.began_ns:
                return one.number
            is_in_time = call.began_ns - SLACK_NS <= first_ns <= until_ns
            if one.protocol == "TCP" and is_in_time and one.number not in self._opened:
                self._opened.add(one.number)
                return one.number
        return None

    def _datagrams(self, call: Call, socket: Socket) -> int | None:
        """Return the connection of a datagram socket that only its port is known of."""
        ended_ns = call.ended_ns or call.began_ns
        for one in self._connections:
            end = one.target_end if one.target == socket.host else one.source_end
            is_ours = socket.host in {one.source, one.target} and one.protocol == "UDP"
            is_in_time = self._packets.first_ns(one.number) <= ended_ns + SLACK_NS
            if is_ours and is_in_time and end.endswith(f":{socket.port}"):
                socket.is_target = one.target == socket.host
                return one.number
        return None


def _operation(call: Call) -> Operation:
    """Return what a call did to its socket."""
    taken = call.value
    size = _size(taken)
    if call.role is Role.SEND:
        size = taken if isinstance(taken, int) else _size(call.arguments.get("data"))
    return Operation(
        role=call.role,
        began_ns=call.began_ns,
        ended_ns=call.ended_ns,
        looked_ns=call.looked_ns,
        error=call.error,
        size_bytes=size,
        peeks="MSG_PEEK" in str(call.arguments.get("flags", "")),
    )


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
