"""Which packets carry what traced programs' calls did: a call knows its socket's ends. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.agent.call_server.registry import Role
from lab.evidence.addresses import plain_end
from lab.report.call_packets import SLACK_NS, CallPackets, Operation, Socket
from lab.report.packets import Traffic
from lab.report.traced_call import WOULD_BLOCK, TracedCall

_End = tuple[str, str]  # a port, and the address and port of the peer


def link(calls: Iterable[TracedCall], traffic: Traffic) -> list[TracedCall]:
    """Return the calls, each with its connection and its packets where there are any."""
    correlator = _Correlator(traffic)
    return [correlator.link(call) for call in calls]


class _Correlator:
    def __init__(self, traffic: Traffic) -> None:
        self._connections = traffic.connections
        self._packets = CallPackets(traffic.packets, traffic.connections)
        self._by_ends: dict[tuple[str, _End], list[tuple[int, bool]]] = defaultdict(list)
        self._by_target: dict[_End, list[int]] = defaultdict(list)
        for one in traffic.connections:
            ports = one.source_end.rpartition(":")[2], one.target_end.rpartition(":")[2]
            self._by_ends[one.source, (ports[0], one.target_end)].append((one.number, False))
            self._by_ends[one.target, (ports[1], one.source_end)].append((one.number, True))
            self._by_target[one.source, one.target_end].append(one.number)
        self._opened: set[int] = set()
        self._sockets: dict[tuple[str, int, bool], Socket] = {}
        # The connection of a process's descriptor, for calls that wait for several.
        self._descriptors: dict[tuple[str, int, int], int] = {}

    def link(self, call: TracedCall) -> TracedCall:
        """Return the call with what belongs to it."""
        if call.is_local:
            return call
        if call.role is Role.WAIT:
            return self._waited(call) if call.is_made else call
        found = self._found(call)
        if found is None:
            return call
        number, is_target = found
        self._remember(call, number)
        if (
            call.role is Role.OTHER or not call.is_made
        ):  # such as getsockopt: no packet is its doing
            return replace(call, connection=number)
        socket = self._sockets.setdefault(
            (call.host, number, is_target),
            Socket(call.host, connection=number, is_target=is_target),
        )
        return replace(call, connection=number, packets=self._packets.of(_operation(call), socket))

    def _found(self, call: TracedCall) -> tuple[int, bool] | None:
        """Return the connection of a call, and whether its socket is the end that did not begin."""
        event = call.event
        socket = event.made if call.role is Role.ACCEPT and event.made else call.socket
        to = event.arguments.get("addr") if call.role is Role.CONNECT else None
        to = event.arguments.get("dest_addr") if call.is_sent_to_an_address else to
        peer = plain_end(str(to or socket.peer or event.arguments.get("src_addr") or ""))
        port = socket.local.rpartition(":")[2]
        until_ns = (call.ended_ns or call.looked_ns) + SLACK_NS
        there = self._by_ends.get((call.host, (port, peer)), [])
        begun = [one for one in there if self._packets.first_ns(one[0]) <= until_ns]
        if begun:
            self._opened.add(begun[-1][0])
            return begun[-1]
        opens = call.role is Role.CONNECT and call.is_made
        return self._opening(call, peer, until_ns) if opens else None

    def _opening(self, call: TracedCall, peer: str, until_ns: int) -> tuple[int, bool] | None:
        """Return the connection that a call tried to open: of a socket that has no end by now."""
        protocol = call.socket.protocol.upper() or "TCP"
        for number in self._by_target.get((call.host, peer), []):
            is_in_time = call.began_ns - SLACK_NS <= self._packets.first_ns(number) <= until_ns
            is_it = is_in_time and self._connections[number].protocol == protocol
            if is_it and number not in self._opened:
                self._opened.add(number)
                return number, False
        return None

    def _remember(self, call: TracedCall, connection: int) -> None:
        event = call.event
        descriptor = event.result if call.role is Role.ACCEPT else event.descriptor
        if descriptor is None:
            return
        if call.name == "close":
            self._descriptors.pop((call.host, event.pid, descriptor), None)
        else:
            self._descriptors[call.host, event.pid, descriptor] = connection

    def _waited(self, call: TracedCall) -> TracedCall:
        """Return a call that waits with the one connection that it waited for, if it is one."""
        keys = ((call.host, call.event.pid, one) for one in waited_for(call.event.arguments))
        there = {self._descriptors[key] for key in keys if key in self._descriptors}
        if len(there) != 1:
            return call
        number = there.pop()
        packets = self._packets.of(_operation(call), Socket(call.host, connection=number))
        return replace(call, connection=number, packets=packets)


def waited_for(arguments: Mapping[str, Any]) -> list[int]:
    """Return the descriptors that a call waited for: those that were ready, or else all."""
    listed = [one for one in _entries(arguments) if isinstance(one.get("fd"), int)]
    ready = [one for one in listed if one.get("revents", one["events"]) not in {"", "0"}]
    named = ("readfds", "writefds", "exceptfds")
    sets = [one for name in named for one in _list(arguments.get(name)) if isinstance(one, int)]
    return sorted({*(one["fd"] for one in ready or listed), *sets})


def _entries(arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("fds", "events"):
        for one in _list(arguments.get(name)):
            if isinstance(one, Mapping):
                yield {"events": "", **one}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _operation(call: TracedCall) -> Operation:
    event = call.event
    return Operation(
        role=call.role,
        began_ns=call.began_ns,
        ended_ns=call.ended_ns,
        looked_ns=call.looked_ns,
        error="" if call.error in WOULD_BLOCK and call.role is not Role.CONNECT else call.error,
        size_bytes=0 if event.error else event.size_bytes or 0,
        peeks="MSG_PEEK" in str(event.arguments.get("flags", "")),
    )
