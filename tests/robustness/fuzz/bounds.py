"""What one mutant may take: processor time and memory. What it may say: lines that name a place."""

import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lab import printable

CPU_S = 5.0  # a mutant takes milliseconds; the machine may be slow, but not so slow
MEMORY_BYTES = 1 << 30  # more than this process has without it
MOST_CHARACTERS = 1_000  # of a line


class HangError(BaseException):
    """It takes too long. No exception of the lab's is one of this kind."""


class FalsePassError(AssertionError):
    """Damaged evidence is PASS."""


@contextmanager
def bounded() -> Iterator[None]:
    """Raise HangError after so much processor time, and MemoryError beyond so much memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    before = signal.signal(signal.SIGPROF, _hangs)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)


def _hangs(_number: int, _frame: FrameType | None) -> None:
    raise HangError


def assert_plain(text: str, *, lines: int = 1) -> None:
    """Assert that a text is so many harmless lines, none of them long."""
    found = text.splitlines()
    assert 0 < len(found) <= lines, text[:300]
    for line in found:
        assert line == printable.escaped(line), ascii(line)
        assert len(line) <= MOST_CHARACTERS, line[:300]


def assert_placed(text: str, folder: Path, *, lines: int = 1, whole_file: str = "") -> None:
    """Assert that each line begins with a file of a folder and its line.

    `whole_file` matches what is about a file and no line of it.
    """
    assert_plain(text, lines=lines)
    for line in text.splitlines():
        assert line.startswith(f"{folder}/"), line
        rest = line.removeprefix(f"{folder}/")
        is_placed = re.match(r"[^:]+:\d+: .", rest)
        assert is_placed or (whole_file and re.match(rf"[^:]+: ({whole_file})", rest)), line
