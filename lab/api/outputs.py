"""What hosts wrote: pieces of bytes become lines. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lab.model import PrintedLine

STREAMS = ("stdout", "stderr")
_MOST_LINE_BYTES = 1 << 16


class Piece(NamedTuple):
    """Some of an output, in order; `lost_bytes` just before it are not kept any more.

    Where it is asked for, `stream` says which of STREAMS it is of, and `time_ns` when it came, in
    nanoseconds since the epoch.
    """

    data: bytes
    lost_bytes: int = 0
    time_ns: int = 0
    stream: str = ""


class Line(NamedTuple):
    """A line without its newline. The last may be unfinished: it had none."""

    data: bytes
    lost_bytes: int
    finished: bool = True


def lines(pieces: Iterable[Piece]) -> Iterator[Line]:
    """Split into lines. Of a line that something was lost of, nothing is left.

    Takes time in proportion to the bytes, however long a line is.
    """
    begun: list[bytes] = []  # the pieces of the line that is not at its end yet
    lost_bytes = 0
    headless = False
    for piece in pieces:
        if piece.lost_bytes:
            begun, headless, lost_bytes = [], True, lost_bytes + piece.lost_bytes
        head, *rest = piece.data.split(b"\n")
        begun.append(head)
        for following in rest:
            if not headless:
                yield Line(b"".join(begun), lost_bytes)
                lost_bytes = 0
            begun, headless = [following], False
    if (last := b"".join(begun)) and not headless:
        yield Line(last, lost_bytes, finished=False)


class Printed:
    """The lines of a host's program, as they become whole: with a newline, or with its end.

    `read` yields what has come since it was called last; a line's time is that of its end. A line
    of more than 64 KiB comes in several.
    """

    def __init__(self, host: str, read: Callable[[], Iterable[Piece]]) -> None:
        self._host = host
        self._read = read
        self._begun = dict.fromkeys(STREAMS, b"")
        self._headless: set[str] = set()
        self._lost_bytes = 0

    def lines(self) -> Iterator[PrintedLine]:
        """Yield the lines that have become whole since the last time. EngineError if none can."""
        for piece in self._read():
            if piece.lost_bytes:  # of which stream, nobody knows
                self._lost_bytes += piece.lost_bytes
                self._begun = dict.fromkeys(STREAMS, b"")
                self._headless = set(STREAMS)
            yield from self._take(piece)

    def _take(self, piece: Piece) -> Iterator[PrintedLine]:
        *whole, rest = (self._begun[piece.stream] + piece.data).split(b"\n")
        for line in whole:
            if piece.stream in self._headless:
                self._headless.discard(piece.stream)
                continue
            for start in range(0, max(len(line), 1), _MOST_LINE_BYTES):
                yield self._line(piece, line[start : start + _MOST_LINE_BYTES])
        while len(rest) > _MOST_LINE_BYTES:
            if piece.stream not in self._headless:
                yield self._line(piece, rest[:_MOST_LINE_BYTES])
            rest = rest[_MOST_LINE_BYTES:]
        self._begun[piece.stream] = rest

    def _line(self, piece: Piece, data: bytes) -> PrintedLine:
        lost_bytes, self._lost_bytes = self._lost_bytes, 0
        text = data.decode(errors="replace")
        return PrintedLine(self._host, piece.stream, text, piece.time_ns, lost_bytes)
