"""Opens files of evidence for reading: regular files only, and none larger than is read."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from lab import regular_file
from lab.errors import EvidenceError, IrregularFileError, LargeFileError

MOST_TEXT_BYTES = 16 << 20


@contextmanager
def opened(path: Path, *, most_bytes: int | None = None) -> Iterator[BinaryIO]:
    """Open a regular file for reading. OSError when that cannot be.

    EvidenceError when it is something else, or larger than `most_bytes`.
    """
    with ExitStack() as stack:
        with _as_evidence(path):
            file = stack.enter_context(regular_file.opened(path, most_bytes))
        yield file


def read_bytes(path: Path) -> bytes:
    """Return what is in a file of text. EvidenceError, with its path, when it cannot be read."""
    try:
        with _as_evidence(path):
            return regular_file.read_bytes(path, MOST_TEXT_BYTES)
    except OSError as error:
        text = f"{path}: {error.strerror}"
        raise EvidenceError(text) from None


def read_text(path: Path) -> str:
    """Return the text of a file; errors as of `read_bytes`, also when it is no UTF-8."""
    return text_of(path, read_bytes(path))


def text_of(path: Path, data: bytes) -> str:
    """Return the text that a file has, every end of a line as `\\n`. EvidenceError if none."""
    try:
        return regular_file.text_of(data)
    except UnicodeDecodeError:
        text = f"{path}: is not UTF-8 text"
        raise EvidenceError(text) from None


def refuse_special(path: Path) -> None:
    """Raise EvidenceError when a path that is to be written to is there, and no regular file."""
    with _as_evidence(path):
        regular_file.refuse_irregular(path)


@contextmanager
def _as_evidence(path: Path) -> Iterator[None]:
    try:
        yield
    except IrregularFileError as error:
        text = f"{path}: is {error.kind}, and must be a regular file"
        raise EvidenceError(text) from None
    except LargeFileError as error:
        text = f"{path}: is larger than {error.most_bytes >> 20} MiB, which is the most"
        raise EvidenceError(text) from None
