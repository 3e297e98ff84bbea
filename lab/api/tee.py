"""An output of a program that somebody else reads: what comes out of it is remembered, too."""

import io
import os
import select
import subprocess
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, Any

_PIECE_BYTES, _MOST_PIECES = 1 << 16, 256
_MOST_SEEN_BYTES = 1 << 16


class TeedProcess(subprocess.Popen[bytes]):
    """A process whose outputs may be remembered from some moment on, whoever reads them."""

    _tees: "Mapping[str, Tee]" = MappingProxyType({})

    def tee_outputs(self) -> None:
        """Begin to remember the outputs; nobody may have taken their streams yet."""
        assert self.stdout
        assert self.stderr
        tees = {"stdout": Tee(self.stdout), "stderr": Tee(self.stderr)}
        self.stdout, self.stderr = map(io.BufferedReader, tees.values())
        self._tees = tees

    def seen(self) -> Mapping[str, bytes]:
        """Return the last 64 KiB of `stdout` and `stderr` each, read by now or not."""
        for tee in self._tees.values():
            tee.look()
        return {name: tee.seen for name, tee in self._tees.items()}

    def communicate(self, *arguments: Any, **named: Any) -> tuple[bytes, bytes]:
        """See `subprocess.Popen.communicate`; what had been read ahead is there, too."""
        # It reads the pipes past their streams.
        ahead = [tee.take() for tee in self._tees.values()]
        outputs = super().communicate(*arguments, **named)
        if not ahead:
            return outputs
        for tee, data in zip(self._tees.values(), outputs, strict=True):
            tee.see(data or b"")
        stdout, stderr = (
            before + (data or b"") for before, data in zip(ahead, outputs, strict=True)
        )
        return stdout, stderr


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
