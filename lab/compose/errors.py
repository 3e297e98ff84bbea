"""The texts of errors: of a system call, and of a place in the compose file."""

from collections.abc import Iterator
from contextlib import contextmanager

from lab.errors import LocatedError


def dotted(keys: tuple[str | int, ...]) -> str:
    """Return the way to a place as a person reads it; of lists without the numbers."""
    return ".".join(key for key in keys if isinstance(key, str))


@contextmanager
def at(*keys: str | int) -> Iterator[None]:
    """Make a ValueError inside a LocatedError of this place."""
    try:
        yield
    except ValueError as error:
        raise LocatedError(keys, f"{dotted(keys)}: {error}") from error


def text_of(error: OSError) -> str:
    """Return the text of a failed system call, with the file that it was about, if any."""
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}"
