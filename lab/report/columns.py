"""Bars that stand beside each other on a lane: of calls that were under way together. Pure."""

from lab.report.model import Call, Program, Run

MOST = 6  # more than these share the last


def columns(run: Run) -> dict[str, int]:
    """Return the column of every call and program that has a lane, from 0, by its key."""
    found: dict[str, int] = {}
    busy: dict[str, list[int]] = {}
    things: list[Call | Program] = sorted((*run.programs, *run.calls), key=lambda one: one.began_ns)
    for thing in things:
        if thing.host not in run.hosts:
            continue
        ended_ns = thing.looked_ns if thing.ended_ns is None else thing.ended_ns
        until = busy.setdefault(thing.host, [])
        free = (number for number, end_ns in enumerate(until) if end_ns <= thing.began_ns)
        column = next(free, min(len(until), MOST - 1))
        until[column : column + 1] = [ended_ns]
        found[key(thing)] = column
    return found


def key(thing: Call | Program) -> str:
    """Return what a call or a program is called on the page."""
    return f"{'c' if isinstance(thing, Call) else 'g'}{thing.number}"


def most(run: Run, found: dict[str, int]) -> tuple[int, ...]:
    """Return how many columns each lane has, at least one."""
    there = dict.fromkeys(run.hosts, 1)
    things: list[Call | Program] = [*run.calls, *run.programs]
    for thing in things:
        if (column := found.get(key(thing))) is not None:
            there[thing.host] = max(there[thing.host], column + 1)
    return tuple(there.values())
