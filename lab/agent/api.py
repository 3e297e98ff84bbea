"""What a program may request of the agent, and who owns which fault.

A request is `{"do": VERB, ...}`; its response is `{"done": ...}`, `{"invalid": TEXT}` where it
makes no sense, or `{"failed": TEXT, "errno": ...}`. Verbs: hello, add, lift, status, list, sysctl,
listeners, count, capture, counts. Addresses travel as text, times in milliseconds.

A capture takes a connection of its own, on which these follow each other: `count`, which begins to
count what arrives (without it nothing is counted); `capture`, whose response a stream of pcapng
follows; `counts`, as often as one likes, each answered by a custom block in the stream
(`lab.net.traffic`). After `capture` nothing else is answered.
"""

import ipaddress
from collections.abc import Callable
from typing import Any

from lab.agent import duration, listeners, sysctls
from lab.agent.active_fault import ActiveFault
from lab.agent.connection import Connection
from lab.agent.counting import Counting
from lab.agent.wire import loopback
from lab.agent.wire.capture import Capture
from lab.agent.wire.fault import Fault
from lab.agent.wire.wire import Wire
from lab.net import pcapng, traffic
from lab.net.parameters import ParameterError

# Faults whose time is over, and that are still listed.
_MOST_KEPT = 100
_MOST_ID = 1 << 62  # of a packet; there are as many again
_Request = dict[str, Any]


class RequestHandler:
    """Handles requests; makes the wire when it is first needed."""

    def __init__(self) -> None:
        self.wire: Wire | None = None
        self._faults: dict[int, ActiveFault] = {}
        self._captures: dict[Connection, Capture] = {}
        self._counting = Counting()
        self._last = 0
        self._verbs: dict[str, Callable[[_Request, Connection], Any]] = {
            "hello": lambda _request, _connection: {},
            "add": self._add,
            "lift": self._lift,
            "status": self._status,
            "list": self._list,
            "sysctl": self._sysctl,
            "listeners": lambda _request, _connection: listeners.listeners(),
            "count": self._count,
            "capture": self._capture,
        }

    @property
    def idle(self) -> bool:
        """Is no fault active, nor one that is over kept for whoever lists them?"""
        is_kept = any(active.is_kept for active in self._faults.values())
        return not is_kept and (self.wire is None or self.wire.idle)

    def handle(self, request: _Request, connection: Connection) -> None:
        """Do it, and send the response when it is done."""
        if connection in self._captures:
            # What follows its response is a stream, in which other responses have no place.
            if request.get("do") == "counts":
                counts = traffic.encode(self._counting.counts(connection))
                connection.add(pcapng.custom_block(counts))
            return
        try:
            verb = self._verbs[request["do"]]
            connection.send({"done": verb(request, connection)})
            if verb == self._capture:
                connection.add(self._captures[connection].opening())
        except ParameterError as error:
            connection.send({"invalid": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            # From another version of the lab, perhaps: that must not lift the faults of others.
            connection.send({"invalid": f"unknown to this agent: {error!r}"})
        except OSError as error:
            connection.send({"failed": error.strerror or str(error), "errno": error.errno})
        except Exception as error:  # whatever it is, the faults of others stay
            connection.send({"failed": f"internal error: {error!r}"})

    def release(self, connection: Connection) -> None:
        """Lift the faults of a connection that has ended, and end its capture."""
        for number, active in list(self._faults.items()):
            if active.owner is connection:
                self._end(active)
                del self._faults[number]
        self._end_capture(connection)

    def tick(self) -> None:
        """Do what is due: let packets go on, lift what has lasted long enough."""
        if self.wire:
            self.wire.tick()
        for active in list(self._faults.values()):
            if active.is_due:
                self._expire(active)
        self._counting.close_unneeded(self._is_at_rest)

    def _expire(self, active: ActiveFault) -> None:
        """Lift what has lasted long enough; forget what has been listed long enough."""
        if not active.active:
            del self._faults[active.number]
            return
        self._end(active)
        active.expire()
        kept = [other.number for other in self._faults.values() if other.is_kept]
        for number in kept[:-_MOST_KEPT]:
            del self._faults[number]

    def next_due_ns(self) -> int | None:
        """Return when there is something to do, if nothing arrives."""
        times = [active.due_ns for active in self._faults.values()]
        times.append(self.wire.next_due_ns() if self.wire else None)
        return min((time_ns for time_ns in times if time_ns is not None), default=None)

    def close(self) -> None:
        """Lift everything."""
        for connection in list(self._captures):
            self._end_capture(connection)
        if self.wire:
            self.wire.close()
        self._counting.close()

    def _is_at_rest(self) -> bool:
        return self.wire is None or self.wire.is_at_rest

    def _made_wire(self) -> Wire:
        if self.wire is None:
            self.wire = Wire()
        return self.wire

    def _add(self, request: _Request, connection: Connection) -> dict[str, Any]:
        fault = Fault(request["impairment"], request["asked"])
        addresses = frozenset(ipaddress.ip_address(one).packed for one in request["addresses"])
        for_ms = duration.checked(request.get("for_ms"), fault.name)
        owner = None if request.get("stay") else connection
        source, target = request["source"], request.get("target")
        fault.number = self._last + 1
        active = ActiveFault(fault.number, source, fault, owner, for_ms)
        # The names are the same in every run, and so are the random numbers drawn by them.
        link = f"{source} -> {target}" if target else source
        is_loopback = source == target
        if is_loopback:
            addresses |= loopback.addresses()
        self._made_wire().add(source, addresses, fault, link, is_loopback=is_loopback)
        self._last += 1
        self._faults[self._last] = active
        return active.status()

    def _lift(self, request: _Request, _connection: Connection) -> dict[str, Any]:
        active = self._find(request)
        self._end(active)
        del self._faults[active.number]
        return active.status()

    def _status(self, request: _Request, _connection: Connection) -> dict[str, Any]:
        if self.wire:
            self.wire.count()
        return self._find(request).status()

    def _find(self, request: _Request) -> ActiveFault:
        number = request["fault"]
        if number not in self._faults:
            text = f"fault {number}: there is none of that number"
            raise ParameterError(text)
        return self._faults[number]

    def _list(self, _request: _Request, _connection: Connection) -> dict[str, Any]:
        if self.wire:
            self.wire.count()
        return {
            "faults": [active.status() for active in self._faults.values()],
            "overload_packets": self.wire.overload() if self.wire else 0,
            "refused_packets": self.wire.refused if self.wire else 0,
        }

    def _sysctl(self, request: _Request, _connection: Connection) -> dict[str, str]:
        return sysctls.write(_mapping(request, "values"))

    def _count(self, _request: _Request, connection: Connection) -> dict[str, Any]:
        """Count what arrives from now on, for the capture that this connection will ask for."""
        self._counting.begin(connection)
        return {}

    def _capture(self, request: _Request, connection: Connection) -> dict[str, Any]:
        """Begin a stream that follows the response, and ends with the connection's requests."""
        sources = {
            ipaddress.ip_address(address).packed: host
            for host, addresses in _mapping(request, "sources").items()
            for address in addresses
        }
        snap_bytes = _number(request, "snap_bytes", pcapng.MOST_SNAP_BYTES)
        first_id, host = _number(request, "first_id", _MOST_ID), str(request["host"])
        wire = self._made_wire()
        capture = Capture(
            connection.stream,
            is_behind=lambda: connection.is_behind,
            snap_bytes=snap_bytes,
            host=host,
            sources=sources,
            first_id=first_id,
            lost=wire.overload(),
            with_loopback=bool(request.get("with_loopback")),
        )
        wire.watch(capture)
        self._captures[connection] = capture
        self._counting.begin_departures(connection, frozenset(sources))
        return {}

    def _end_capture(self, connection: Connection) -> None:
        if (capture := self._captures.pop(connection, None)) and self.wire:
            waiting = self.wire.unwatch(capture)
            connection.add(capture.end(waiting, self.wire.overload()))
        self._counting.end(connection)
        self._counting.close_unneeded(self._is_at_rest)

    def _end(self, active: ActiveFault) -> None:
        if active.active and self.wire:
            active.active = False
            self.wire.lift(active.fault)
            self._counting.close_unneeded(self._is_at_rest)


def _mapping(request: _Request, key: str) -> dict[str, Any]:
    value = request[key]
    if not isinstance(value, dict):
        text = f"{key} {value!r:.50}: must be a mapping"
        raise ParameterError(text)
    return value


def _number(request: _Request, key: str, most: int) -> int:
    value = request[key]
    if type(value) is not int or not 0 <= value <= most:
        text = f"{key} {value!r:.50}: must be a whole number from 0 to {most}"
        raise ParameterError(text)
    return value
