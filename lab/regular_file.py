"""Opens files that somebody else may have put there: regular ones only, bounded in size.

What stands in their place may be anything: a FIFO would block whoever opens it (fifo(7)), a device
may have no end, and a sparse file may be larger than the memory.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lab.errors import IrregularFileError, LargeFileError

# The file may have become a FIFO since its type was read.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_TYPES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@contextmanager
def opened(path: Path, most_bytes: int | None = None) -> Iterator[BinaryIO]:
    """Open a file for reading. OSError when that cannot be.

    IrregularFileError when it is none, LargeFileError when it has more than `most_bytes`.
    """
    # Before it is opened: to open a device may do something.
    _check(path, path.stat(), most_bytes)
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        _check(path, os.fstat(file.fileno()), most_bytes)
        yield file


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """Return what is in a file; errors as of `opened`."""
    with opened(path, most_bytes) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:  # it grows, or has no size, such as those of proc(5)
        raise LargeFileError(path, most_bytes)
    return data


def read_text(path: Path, most_bytes: int, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Return the text of a file, with every end of a line as `\\n`.

    Errors as of `opened`; UnicodeDecodeError when it is no such text.
    """
    return text_of(read_bytes(path, most_bytes), encoding, errors)


def text_of(data: bytes, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Return the text that bytes are, with every end of a line as `\n`; errors as of `decode`."""
    return data.decode(encoding, errors).replace("\r\n", "\n").replace("\r", "\n")


def refuse_irregular(path: Path) -> None:
    """Raise IrregularFileError when something is there that is no regular file."""
    if path.exists():
        _check(path, path.stat(), None)


def _check(path: Path, status: os.stat_result, most_bytes: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise IrregularFileError(path, _TYPES.get(stat.S_IFMT(status.st_mode), "of another type"))
    if most_bytes is not None and status.st_size > most_bytes:
        raise LargeFileError(path, most_bytes)
