"""What the supervisor keeps of a host: its state, and what its programs wrote."""

import socket
from array import array
from bisect import bisect_right
from typing import Any, NamedTuple

from lab.engines import startup_errors
from lab.engines.namespaces.spec import HostSpec

_MOST_BYTES = 16 * 1024 * 1024
_MOST_STRETCHES = 1 << 20
_SAME_TIME_NS = 100_000


class Stretch(NamedTuple):
    """Bytes of one stream that came at one time (ns since the epoch); `end` is the position after.

    Streams count from 0, standard output.
    """

    data: bytes
    end: int
    time_ns: int
    stream: int


class Output:
    """The last 16 MiB of an output; positions count from its very first byte."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._dropped = 0
        # Where each stretch starts, when it came, which stream it is of; arrays, as there may be a
        # million of them.
        self._starts, self._times, self._streams = array("Q"), array("Q"), bytearray()
        # The streams whose last line has no newline yet.
        self._unfinished: set[int] = set()

    def add(self, piece: bytes, time_ns: int = 0, stream: int = 0) -> None:
        """Append; drop what is too old."""
        if not piece:
            return
        self._begin_stretch(time_ns, stream)
        self._kept += piece
        if piece.endswith(b"\n"):
            self._unfinished.discard(stream)
        else:
            self._unfinished.add(stream)
        if (excess := len(self._kept) - _MOST_BYTES) > 0:
            self._drop(excess)

    def finish_line(self, stream: int, time_ns: int) -> None:
        """End the last line of a stream that has ended, so that it is no part of the next."""
        if stream in self._unfinished:
            self.add(b"\n", time_ns, stream)

    def _begin_stretch(self, time_ns: int, stream: int) -> None:
        goes_on = self._streams and self._streams[-1] == stream
        if goes_on and 0 <= time_ns - self._times[-1] < _SAME_TIME_NS:
            return
        if len(self._starts) >= _MOST_STRETCHES:
            self._drop(self._starts[_MOST_STRETCHES // 2] - self._dropped)
        self._starts.append(self.end())
        self._times.append(time_ns)
        self._streams.append(stream)

    def _drop(self, count: int) -> None:
        del self._kept[:count]
        self._dropped += count
        half = len(self._starts) // 2  # seldom, since it moves all that are left
        if self._starts[half] <= self._dropped:
            for column in (self._starts, self._times, self._streams):
                del column[:half]

    def end(self) -> int:
        """Return the position after the last byte."""
        return self._dropped + len(self._kept)

    def from_(self, position: int, most: int) -> tuple[bytes, int]:
        """Return up to `most` bytes from a position on, and the position after them."""
        start = max(position - self._dropped, 0)
        piece = bytes(self._kept[start : start + most])
        return piece, self._dropped + start + len(piece)

    def stretch_from(self, position: int, most: int) -> Stretch | None:
        """Return up to `most` bytes of one stretch, from a position on; None: there are none."""
        start = max(position, self._dropped)
        if start >= self.end():
            return None
        number = bisect_right(self._starts, start) - 1
        after = self._starts[number + 1] if number + 1 < len(self._starts) else self.end()
        piece, end = self.from_(start, min(most, after - start))
        return Stretch(piece, end, self._times[number], self._streams[number])


class HostState:
    """A host's state, in the words of `lab.model.HostStatus`, and `starting`: told to start."""

    def __init__(self, number: int, spec: HostSpec) -> None:
        self.number = number
        self.generation = 0  # how often it has been made
        self.spec = spec
        self.state = "created"
        self.health = "starting" if spec.health and spec.argv else None
        self.check_said = ""  # by the health check that made it what it is
        # Has its program run for a while? What has a health check, or no program, need not.
        self.settled = bool(spec.health) or startup_errors.cannot_fail(spec.argv)
        self.ready = False
        self.connected = True
        self.plugging = False  # its new end of the cable has no address yet
        self.fault = ""  # why its init failed, or could not plug it in
        self.restarting = False
        # Of its init, in the supervisor's pid namespace and in the one of the machine.
        self.pid = 0
        self.outer_pid = 0
        self.channel: socket.socket | None = None
        self.status: int | None = None
        # Both outputs as they came, and standard output alone.
        self.all = Output()
        self.stdout = Output()
        # The descriptors that these are read from, each with the number of its stream.
        self.pipes: dict[int, int] = {}

    def hear(self, message: dict[str, Any]) -> None:
        """Take note of what its init says of it, while it runs."""
        state = message["is"]
        if state == "ready":
            self.ready = True
        elif state == "health":
            self.health, self.check_said = message["health"], message["said"]
        elif state == "settled":
            self.settled = True
        elif state == "connected":
            self.plugging, self.fault = False, message["fault"]
        else:
            assert state in {"running", "paused"}
            self.state = state

    @property
    def shown_state(self) -> str:
        """Return its state in the words of `lab.model.HostStatus`."""
        return "created" if self.state == "starting" else self.state

    @property
    def started(self) -> bool:
        """Has its program been started (and perhaps ended)?"""
        return self.state != "created"

    def addresses(self) -> list[str]:
        """Return its addresses, none while it has no network."""
        if not self.connected or self.state in {"created", "exited"}:
            return []
        found = [ip for i in self.spec.interfaces for ip in (i.ipv4, i.ipv6) if ip]
        return [address.partition("/")[0] for address in found]

    def meets(self, condition: str) -> bool:
        """Tell whether a host that depends on this one, with this condition, may start."""
        if condition == "service_healthy":
            return self.health == "healthy" or (self.state == "running" and not self.spec.argv)
        if condition == "service_completed_successfully":
            return self.state == "exited" and self.status == 0
        return self.started
