"""An output of a program that somebody else reads: what comes out of it is remembered, too."""

import io
import os
import select
from typing import IO

_PIECE_BYTES, _MOST_PIECES = 1 << 16, 256
_MOST_SEEN_BYTES = 1 << 16


class Tee(io.RawIOBase):
    """Stands in for a pipe; `seen` is the last 64 KiB that came out of it, whoever took them."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._ahead = _buffered(pipe)  # what has come, and nobody has read yet
        self.seen = b""
        self.see(self._ahead)

    def see(self, data: bytes) -> None:
        """Remember what has come out of it."""
        self.seen = (self.seen + data)[-_MOST_SEEN_BYTES:]

    def take(self) -> bytes:
        """Return what has come, and nobody has read yet; it is read now."""
        ahead, self._ahead = self._ahead, b""
        return ahead

    def look(self) -> None:
        """See what has come by now; whoever reads later gets it all the same."""
        if self.closed:
            return
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        for _ in range(_MOST_PIECES):  # who writes on and on is not waited for
            if not poll.poll(0) or not (piece := os.read(self.fileno(), _PIECE_BYTES)):
                return
            self.see(piece)
            self._ahead += piece

    # --- as of any stream

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def fileno(self) -> int:
        """Return the pipe's descriptor."""
        return self._pipe.fileno()

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Read into a buffer, at least a byte; 0 at the end of data."""
        data = self._ahead[: len(buffer)]
        self._ahead = self._ahead[len(data) :]
        if not data:
            data = os.read(self.fileno(), len(buffer))
            self.see(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the pipe."""
        if not self.closed:
            self._pipe.close()
        super().close()


def _buffered(pipe: IO[bytes]) -> bytes:
    """Return what has been read ahead from a pipe."""
    os.set_blocking(pipe.fileno(), False)
    there = getattr(pipe, "peek")()  # noqa: B009 - IO[bytes] has none
    data = pipe.read(len(there)) if there else b""
    os.set_blocking(pipe.fileno(), True)
    return data or b""
