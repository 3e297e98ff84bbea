"""Reads small files that somebody else may have put there: regular ones only, bounded in size.

A FIFO would let the reader wait for ever, /dev/zero has no end.
"""

import errno
import os
import stat
from pathlib import Path


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """Return what is in a file. OSError, also when it is no regular file or has more bytes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"has more than {most_bytes} bytes", str(path))
    return data


def read_text(path: Path, most_bytes: int, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Return the text of a file, with every end of a line as `\\n`.

    OSError as of `read_bytes`; UnicodeDecodeError when it is no such text.
    """
    text = read_bytes(path, most_bytes).decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")
