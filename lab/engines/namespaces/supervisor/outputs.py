"""What a host's programs wrote, as far as it is kept, and how it is read from their pipes."""

import os
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from lab.engines.namespaces.supervisor.loop import Loop

_STREAMS = (0, 1)  # standard output, standard error
_PIECE_BYTES = 1 << 16
_MOST_PIECES = 16  # a pipe holds a megabyte at the most (pipe(7))
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


class Outputs:
    """What a host writes to its standard output and error: both as they came, and the first alone.

    `written` is called after each read.
    """

    def __init__(self, loop: Loop, written: Callable[[], None]) -> None:
        self.all = Output()
        self.stdout = Output()
        self._loop = loop
        self._written = written
        # The descriptors that they are read from, each with the number of its stream.
        self._pipes: dict[int, int] = {}

    def watch(self, descriptors: tuple[int, int]) -> None:
        """Read these, which do not block, whenever there is something, up to their end."""
        for stream, descriptor in enumerate(descriptors):
            self._pipes[descriptor] = stream
            self._loop.watch(descriptor, lambda s=stream, d=descriptor: self._read(s, d))  # type: ignore[misc]

    def read(self) -> None:
        """Read what has been written so far; one who writes on and on is not waited for."""
        for descriptor, stream in list(self._pipes.items()):
            for _ in range(_MOST_PIECES):
                if not self._read(stream, descriptor):
                    break

    def end(self) -> None:
        """Read what the programs of a host that has ended left behind; end their last lines."""
        self.read()
        for stream in _STREAMS:
            self.all.finish_line(stream, time.time_ns())

    def _read(self, stream: int, descriptor: int) -> bool:
        """Read a piece; return False when there is none, now or any more."""
        try:
            piece = os.read(descriptor, _PIECE_BYTES)
        except BlockingIOError:
            return False
        now_ns = time.time_ns()
        if piece:
            self.all.add(piece, now_ns, stream)
            if stream == 0:
                self.stdout.add(piece, now_ns)
        else:
            self._loop.unwatch(descriptor)
            del self._pipes[descriptor]
            os.close(descriptor)
            self.all.finish_line(stream, now_ns)
        self._written()
        return bool(piece)
