"""What hosts wrote: pieces of bytes become lines. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Piece(NamedTuple):
    """Some of an output, in order; `lost_bytes` just before it are not kept any more."""

    data: bytes
    lost_bytes: int = 0


class Line(NamedTuple):
    """A line without its newline. The last may be unfinished: it had none."""

    data: bytes
    lost_bytes: int
    finished: bool = True


def lines(pieces: Iterable[Piece]) -> Iterator[Line]:
    """Split into lines. Of a line that something was lost of, nothing is left.

    Takes time in proportion to the bytes, however long a line is.
    """
    begun: list[bytes] = []  # the pieces of the line that is not at its end yet
    lost_bytes = 0
    headless = False
    for piece in pieces:
        if piece.lost_bytes:
            begun, headless, lost_bytes = [], True, lost_bytes + piece.lost_bytes
        head, *rest = piece.data.split(b"\n")
        begun.append(head)
        for following in rest:
            if not headless:
                yield Line(b"".join(begun), lost_bytes)
                lost_bytes = 0
            begun, headless = [following], False
    if (last := b"".join(begun)) and not headless:
        yield Line(last, lost_bytes, finished=False)
