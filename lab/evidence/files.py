"""Opens files of evidence for reading: regular files only, and none larger than is read.

What stands in their place may be anything: a FIFO would block whoever opens it (fifo(7)), a device
may have no end, and a sparse file may be larger than the memory.
"""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lab.errors import EvidenceError

MOST_TEXT_BYTES = 16 << 20
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
def opened(path: Path, *, most_bytes: int | None = None) -> Iterator[BinaryIO]:
    """Open a regular file for reading. OSError when that cannot be.

    EvidenceError when it is something else, or larger than `most_bytes`.
    """
    # Before it is opened: to open a device may do something.
    _check(path, path.stat(), most_bytes)
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        _check(path, os.fstat(file.fileno()), most_bytes)
        yield file


def read_bytes(path: Path, *, most_bytes: int = MOST_TEXT_BYTES) -> bytes:
    """Return what is in a file; errors as for `opened`."""
    with opened(path, most_bytes=most_bytes) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:  # it grows, or has no size, such as those of proc(5)
        raise _too_large(path, most_bytes)
    return data


def read_text(path: Path) -> str:
    """Return the text of a file. EvidenceError, with its path, when it cannot be read."""
    try:
        # As in text mode: a line may end with CR LF.
        return io.TextIOWrapper(io.BytesIO(read_bytes(path)), encoding="utf-8").read()
    except (OSError, UnicodeDecodeError) as error:
        text = f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}"
        raise EvidenceError(text) from None


def refuse_special(path: Path) -> None:
    """Raise EvidenceError when a path that is to be written to is there, and no regular file."""
    if path.exists():
        _check(path, path.stat(), None)


def _check(path: Path, status: os.stat_result, most_bytes: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        what = _TYPES.get(stat.S_IFMT(status.st_mode), "of another type")
        text = f"{path}: is {what}, and must be a regular file"
        raise EvidenceError(text)
    if most_bytes is not None and status.st_size > most_bytes:
        raise _too_large(path, most_bytes)


def _too_large(path: Path, most_bytes: int) -> EvidenceError:
    return EvidenceError(f"{path}: is larger than {most_bytes >> 20} MiB, which is the most")
