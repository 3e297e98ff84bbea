"""Where things stand on the picture: from times to heights. Pure.

Everything that happens has a row, so that nothing covers anything; rows are in the order of time. A
longer time between two of them makes a wider gap, up to a point: then it is folded, and its length
is written there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")

FOLD_NS = 100_000_000
FOLD_HEIGHT = 34
STEPS = ((1_000_000, 0), (10_000_000, 4), (FOLD_NS, 10))

# From how many packets on they are grouped, and what is left as it is at the ends of a long row of
# them.
GROUP_FROM = 80
_RUN, _HEAD, _TAIL, _LEAST, _MOST = 12, 3, 2, 5, 200
_MOST_NOTABLE, _MOST_CHUNKS = 30, 200
# From how many packets on they are one row, with a curve.
BULK = 2000


@dataclass(frozen=True, slots=True)
class Placed:
    """A row's top; `fold_ns` is the quiet time before it where that is folded, else 0."""

    top: int
    fold_ns: int


def place(
    rows: Sequence[tuple[int, int]], top: int = 0, ends_ns: Sequence[int] = ()
) -> tuple[list[Placed], int]:
    """Place rows, given as (time in nanoseconds, height) in the order of time.

    `ends_ns` says until when something happens in each, if that is later than its time. Returns
    the rows, and where the last one ends.
    """
    placed = []
    before_ns: int | None = None
    for number, (time_ns, height) in enumerate(rows):
        quiet_ns = 0 if before_ns is None else max(0, time_ns - before_ns)
        fold_ns = quiet_ns if quiet_ns >= FOLD_NS else 0
        top += FOLD_HEIGHT if fold_ns else gap(quiet_ns)
        placed.append(Placed(top, fold_ns))
        top += height
        before_ns = max(time_ns, ends_ns[number]) if ends_ns else time_ns
    return placed, top


def gap(quiet_ns: int) -> int:
    """Return how much to leave free for a time in which nothing happened, if it is not folded."""
    return next((space for limit_ns, space in STEPS if quiet_ns < limit_ns), FOLD_HEIGHT)


def groups(
    items: Sequence[T],
    *,
    is_packet: Callable[[T], bool],
    is_notable: Callable[[T], bool],
    bulk: int | None = None,
) -> list[list[T]]:
    """Put packets together that stand in long rows of nothing else; all else is alone.

    In such a row the first and the last, and the notable ones if they are few, stay alone, too.
    Of one that is longer than `bulk` all between its ends is together: `parts` divides it.
    Joined, the lists are the items in their order.
    """

    def together(run: Sequence[T]) -> list[list[T]]:
        if len(run) <= _RUN:
            return [[item] for item in run]
        inner = run[_HEAD:-_TAIL]
        is_bulk = bulk is not None and len(run) > bulk
        middle = [list(inner)] if is_bulk else parts(inner, is_notable)
        return [[item] for item in run[:_HEAD]] + middle + [[item] for item in run[-_TAIL:]]

    found: list[list[T]] = []
    run: list[T] = []
    for item in items:
        if is_packet(item):
            run.append(item)
            continue
        found += together(run)
        run = []
        found.append([item])
    return found + together(run)


def parts(items: Sequence[T], *notable: Callable[[T], bool]) -> list[list[T]]:
    """Divide packets into groups, with the notable ones alone between them.

    The first meaning of `notable` that so few have that they can stand alone is the one.
    """
    is_alone = next((one for one in notable if sum(map(one, items)) <= _MOST_NOTABLE), None)
    found: list[list[T]] = []
    plain: list[T] = []
    for item in items:
        if is_alone and is_alone(item):
            found += _chunks(plain)
            plain = []
            found.append([item])
        else:
            plain.append(item)
    return found + list(_chunks(plain))


def _chunks(plain: Sequence[T]) -> Iterable[list[T]]:
    if len(plain) < _LEAST:
        return [[item] for item in plain]
    count = min(-(-len(plain) // _MOST), _MOST_CHUNKS)
    # Of even sizes: 201 packets are not a group of 200 and a lonely one.
    bounds = [len(plain) * number // count for number in range(count + 1)]
    return [list(plain[a:b]) for a, b in pairwise(bounds)]
