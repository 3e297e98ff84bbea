"""The agent's loop: the connections of programs on one side, the wire on the other.

Each connection speaks JSON lines. A fault belongs to the connection that added it and ends with it,
unless it was added to stay. When nobody is connected and nothing is in force, the agent ends.
"""

import contextlib
import gc
import selectors
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab.agent.api import RequestHandler
from lab.agent.connection import Connection
from lab.agent.handed_over import HandedOver
from lab.agent.wire.nfqueue import TURN_PACKETS
from lab.agent.wire.wire import Wire

_FIRST_WITHIN_S = 10.0  # somebody started this agent to ask it something
_TURNS = 4  # of packets at once
_REST_WITHIN_S = 1.0
_MOST_CONNECTIONS = 500  # far below what select(2) takes, 1024 descriptors
_LONGEST_WAIT_S = 3600.0  # far below what select(2) takes; then it looks again
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_TIMER_SLACK = Path("/proc/self/timerslack_ns")


class Server:
    """One agent. `ends_with` is a descriptor that gets readable when the host has ended."""

    def __init__(self, listener: socket.socket | HandedOver, ends_with: int | None = None) -> None:
        self._listener = listener
        self._listener.setblocking(False)
        self._listens = True
        self._ends_with = ends_with
        self._handler = RequestHandler()
        self._connections: dict[int, Connection] = {}
        # By select(2), which counts in microseconds: delays are as exact as this is. Those of
        # poll(2) and epoll_wait(2) count in milliseconds.
        self._selector = selectors.SelectSelector()
        self._selector.register(listener, _READ)
        if ends_with is not None:
            self._selector.register(ends_with, _READ)
        self._watches_wire = False
        self._end_at_s: float | None = time.monotonic() + _FIRST_WITHIN_S

    def run(self) -> None:
        """Serve until nothing is left to do, or the host has ended."""
        with contextlib.suppress(OSError):  # delays as exact as the kernel can
            _TIMER_SLACK.write_text("1")
        # Packets live shortly and refer to nothing that refers back to them.
        gc.freeze()
        gc.disable()
        try:
            while not self._is_done():
                if not self._turn():
                    return
        finally:
            self._handler.close()
            self._listener.close()
            self._flush_rest()

    def _is_done(self) -> bool:
        if self._connections or not self._handler.idle:
            self._end_at_s = None
        elif self._end_at_s is None:
            self._accept()  # who has come meanwhile is not turned away
            return not self._connections
        return self._end_at_s is not None and time.monotonic() >= self._end_at_s

    def _turn(self) -> bool:
        """Handle what is ready, or gets ready; False when the host has ended."""
        wire = self._handler.wire
        if wire and not self._watches_wire:
            self._watches_wire = bool(self._selector.register(wire, _READ))
        for one in self._connections.values():
            self._watch(one)
        ready = {key.fd: events for key, events in self._selector.select(self._wait_s())}
        if wire and (wire.fileno() in ready or wire.has_backlog):
            self._read(wire)
        self._handler.tick()
        self._serve(ready)
        if self._listens and self._listener.fileno() in ready:
            self._accept()
        return self._ends_with not in ready

    def _serve(self, ready: Mapping[int, int]) -> None:
        """Read from the connections that are ready, by their descriptors, and write to them."""
        connections = [(one, ready.get(number, 0)) for number, one in self._connections.items()]
        for one, events in connections:
            if events & _READ:
                self._receive(one)
        for one, events in connections:
            if events & _WRITE:
                one.flush()
        for one, _ in connections:
            if one.closed or one.ended:
                self._leave(one)

    def _watch(self, connection: Connection) -> None:
        """Wait for what a connection wants to do now, and for nothing else."""
        wanted = connection.wants_to_read * _READ | connection.wants_to_write * _WRITE
        if wanted == connection.watched_for:
            return
        if not connection.watched_for:
            self._selector.register(connection, wanted)
        elif wanted:
            self._selector.modify(connection, wanted)
        else:
            self._selector.unregister(connection)
        connection.watched_for = wanted

    def _read(self, wire: Wire) -> None:
        """Take what has come, and what comes meanwhile; but who asks does not wait for long."""
        for _ in range(_TURNS):
            if wire.read() < TURN_PACKETS:
                return
            wire.tick()

    def _wait_s(self) -> float | None:
        times = list(self._times())
        if not times:
            return None
        return min(max(0.0, min(times) - time.monotonic()), _LONGEST_WAIT_S)

    def _times(self) -> Iterator[float]:
        if self._end_at_s is not None:
            yield self._end_at_s
        if self._handler.wire and self._handler.wire.has_backlog:
            yield time.monotonic()
        if (due_ns := self._handler.next_due_ns()) is not None:
            yield due_ns / 1e9

    def _accept(self) -> None:
        if not self._listens:
            return
        try:
            accepted, _ = self._listener.accept()
        except BlockingIOError:
            return
        except EOFError:  # nobody can come any more
            self._listens = False
            self._selector.unregister(self._listener)
            self._end_at_s = time.monotonic()
            return
        connection = Connection(accepted)
        if connection.closed or len(self._connections) >= _MOST_CONNECTIONS:
            connection.close()  # somebody else's, or too many: it keeps nothing alive
        else:
            self._connections[connection.fileno()] = connection

    def _receive(self, connection: Connection) -> None:
        for request in connection.read():
            self._handler.handle(request, connection)

    def _leave(self, connection: Connection) -> None:
        """Lift what was its own; close it once it has read the rest, or cannot."""
        self._handler.release(connection)
        if connection.closed or not connection.wants_to_write:
            del self._connections[connection.fileno()]
            if connection.watched_for:
                self._selector.unregister(connection)
            connection.close()

    def _flush_rest(self) -> None:
        """Let captures end whole, too, where the host has ended; but wait for nobody long."""
        until_s = time.monotonic() + _REST_WITHIN_S
        with selectors.SelectSelector() as selector:
            for one in self._connections.values():
                if one.wants_to_write:
                    selector.register(one, _WRITE, one)
            while selector.get_map() and (wait_s := until_s - time.monotonic()) > 0:
                for key, _ in selector.select(wait_s):
                    key.data.flush()
                    if not key.data.wants_to_write:
                        selector.unregister(key.data)
