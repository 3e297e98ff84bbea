"""Bars that stand beside each other on a lane: of calls that were under way together. Pure.

The calls of a traced program stand within its bar, which is as wide as they need.
"""

from collections.abc import Iterable, Mapping

from lab.report.model import Call, Program, Run
from lab.report.traced_call import Traced

MOST = 6  # more than these share the last
_MOST_WITHIN = 4  # of one program

Lasting = Call | Program | Traced


def columns(run: Run) -> dict[str, int]:
    """Return the column of every call and program that has a lane, from 0, by its key."""
    within = _within(run)
    found: dict[str, int] = {}
    busy: dict[str, list[int]] = {}
    alone = [one for one in run.traced if one.program is None]
    things: list[Lasting] = [*run.programs, *run.calls, *alone]
    for thing in sorted(things, key=lambda one: one.began_ns):
        if thing.host not in run.hosts:
            continue
        wide = depth(within.get(thing.number, {})) if isinstance(thing, Program) else 1
        found[key(thing)] = _take(busy.setdefault(thing.host, []), thing, wide, MOST)
    for number, inner in within.items():
        first = found.get(f"g{number}")
        found |= {} if first is None else {one: first + column for one, column in inner.items()}
    for fold in run.traced:
        if fold.key in found:
            found |= {call.key: found[fold.key] for call in fold.calls}
    return found


def widths(run: Run, found: Mapping[str, int]) -> dict[int, int]:
    """Return how many columns the bar of each program has, by its number: one at least."""
    there = {one.number: 1 for one in run.programs}
    for traced in run.traced:
        first, column = found.get(f"g{traced.program}"), found.get(traced.key)
        if traced.program is not None and first is not None and column is not None:
            there[traced.program] = max(there[traced.program], column - first + 1)
    return there


def depth(inner: dict[str, int]) -> int:
    """Return how many columns there are, one at least."""
    return max(inner.values(), default=0) + 1


def _within(run: Run) -> dict[int, dict[str, int]]:
    """Return the columns of the calls of each traced program, from 0 within its bar."""
    found: dict[int, dict[str, int]] = {}
    busy: dict[int, list[int]] = {}
    for one in run.traced:
        if one.program is not None:
            column = _take(busy.setdefault(one.program, []), one, 1, _MOST_WITHIN)
            found.setdefault(one.program, {})[one.key] = column
    return found


def _take(until: list[int], thing: Lasting, wide: int, most_columns: int) -> int:
    """Return the first column that is free as widely as that, and take it."""
    ended_ns = thing.looked_ns if thing.ended_ns is None else thing.ended_ns
    last = max(0, min(len(until), most_columns - wide))
    free = (one for one in range(last + 1) if _is_free(until[one : one + wide], thing))
    column = next(free, last)
    until.extend([0] * (column + wide - len(until)))
    until[column : column + wide] = [ended_ns] * wide
    return column


def _is_free(until: Iterable[int], thing: Lasting) -> bool:
    return all(end_ns <= thing.began_ns for end_ns in until)


def key(thing: Lasting) -> str:
    """Return what a call or a program is called on the page."""
    if isinstance(thing, Call):
        return f"c{thing.number}"
    return f"g{thing.number}" if isinstance(thing, Program) else thing.key


def most(run: Run, found: dict[str, int]) -> tuple[int, ...]:
    """Return how many columns each lane has, at least one."""
    there = dict.fromkeys(run.hosts, 1)
    things: list[Lasting] = [*run.calls, *run.programs, *run.traced]
    for thing in things:
        if (column := found.get(key(thing))) is not None:
            there[thing.host] = max(there[thing.host], column + 1)
    return tuple(there.values())
