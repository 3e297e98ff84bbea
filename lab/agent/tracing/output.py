"""The tracer's standard output: JSON lines, many in one write where they come fast."""

import os
import time

_MOST_BYTES = 1 << 16
_LONGEST_NS = 5_000_000


class Output:
    """Lines that `flush` writes, or `send` where they are many or have waited for long.

    Nobody may be there to read them any more: then they are dropped.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._bytes = 0
        self._since_ns = 0

    def send(self, line: str) -> None:
        """Add a line, which is JSON."""
        now_ns = time.monotonic_ns()
        if not self._lines:
            self._since_ns = now_ns
        self._lines.append(line)
        self._bytes += len(line)
        if self._bytes > _MOST_BYTES or now_ns - self._since_ns > _LONGEST_NS:
            self.flush()

    def flush(self) -> None:
        """Write what has been added."""
        if not self._lines:
            return
        left = memoryview("\n".join([*self._lines, ""]).encode())
        self._lines.clear()
        self._bytes = 0
        try:
            while left:
                left = left[os.write(1, left) :]
        except OSError:  # who reads it has gone
            pass
