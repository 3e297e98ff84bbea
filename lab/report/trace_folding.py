"""Folds the calls of traced programs: a poll loop is one bar with a count. Pure.

Calls of a thread that are alike are folded where it made no other between them; calls on sockets
that send no packets, such as a name service's, where the whole program made no other.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from lab.agent.call_server.registry import Role
from lab.report.traced_call import FoldedCalls, Traced, TracedCall

LEAST, LEAST_LOCAL = 3, 2


def folded(calls: Sequence[TracedCall]) -> list[Traced]:
    """Return calls and folds, in the order in which they began; `calls` are in that order."""
    open_runs: dict[Any, list[TracedCall]] = {}
    found: list[Traced] = []
    for call in calls:
        program = call.host, call.program
        thread = *program, call.event.tid
        ends: list[tuple[Any, ...]] = [thread] if call.is_local else [program]
        place = program if call.is_local else thread
        if call.is_local and call.fault:  # is seen, whatever it is on
            found += [*_fold(open_runs.pop(program, [])), call]
            continue
        if not call.is_local and thread in open_runs and not _is_alike(open_runs[thread][-1], call):
            ends.append(thread)
        for one in ends:
            found += _fold(open_runs.pop(one, []))
        open_runs.setdefault(place, []).append(call)
    for run in open_runs.values():
        found += _fold(run)
    return sorted(found, key=lambda one: one.began_ns)


def _fold(run: list[TracedCall]) -> Iterable[Traced]:
    if not run or len(run) < (LEAST_LOCAL if run[0].is_local else LEAST):
        return run
    return [FoldedCalls(tuple(run))]


def _is_alike(call: TracedCall, other: TracedCall) -> bool:
    return other.ended_ns is not None and _kind(call) == _kind(other)


def _kind(call: TracedCall) -> tuple[Any, ...]:
    """Return what calls that are folded have in common."""
    event = call.event
    is_empty = call.role in {Role.WAIT, Role.RECEIVE} and event.result == 0
    called = call.ended_ns is not None
    same = call.name, event.pid, event.descriptor, call.connection, event.error, call.fault
    return *same, is_empty, called
