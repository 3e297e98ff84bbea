"""What is wrong, in words: in a system call, or at a place of the compose file.

The file's name and its lines nobody knows here.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class LocatedError(Exception):
    """Something is wrong at a place of the file; `keys` is the way to it.

    A number in it is the place of an entry in a list, from 0.
    """

    def __init__(self, keys: tuple[str | int, ...], text: str) -> None:
        super().__init__(text)
        self.keys = keys


def dotted(keys: tuple[str | int, ...]) -> str:
    """Return the way to a place as a person reads it; of lists without the numbers."""
    return ".".join(key for key in keys if isinstance(key, str))


@contextmanager
def at(*keys: str | int) -> Iterator[None]:
    """Make a ValueError inside one of this place."""
    try:
        yield
    except ValueError as error:
        raise LocatedError(keys, f"{dotted(keys)}: {error}") from error


def text_of(error: OSError) -> str:
    """Return what a system call said, and of what."""
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}"
