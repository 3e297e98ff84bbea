"""Why the calls of traced programs in a run's evidence may not be all that there were. Pure."""

from collections.abc import Iterator, Sequence

from lab.agent.tracing.matching import is_named
from lab.evidence.events import (
    Event,
    ProgramCall,
    ProgramOutcome,
    ProgramStarted,
    StepsEnded,
    TraceNotice,
    TraceOff,
    TraceOn,
)
from lab.scenario.traced_calls import CallPattern

_UNSEEN = {
    "io_uring": "{program} on {host} uses io_uring, by which calls are made unseen",
    "architecture": "{program} on {host} is of another architecture, so its calls are unseen",
    "ptrace": "{program} on {host} traces others, whose calls are unseen",
    "untraced": "a program on {host} could not be traced",
}
_MOST_NAMED = 5
_Run = ProgramStarted | ProgramOutcome


def missing(events: Sequence[Event], pattern: CallPattern) -> str:
    """Return why calls of a pattern may be missing in a run's events; "": they are all there."""
    return next(_reasons(events, pattern), "")


def _reasons(events: Sequence[Event], pattern: CallPattern) -> Iterator[str]:
    runs = _runs(events, pattern)
    where = " or ".join(pattern.hosts)
    attached = _attached(events, pattern)
    if not runs and not attached:
        of = f"the program {pattern.of}" if pattern.of else "no program"
        yield f"{of} on {where} was {'not ' if pattern.of else ''}traced"
    yield from _unseen(events, pattern)
    yield from _before_or_after(events, pattern, attached)
    yield from _under_way(events, pattern, runs)
    made_by = _programs(events, pattern)
    if pattern.program and not any(is_named(pattern.program, name) for name in made_by):
        names = ", ".join(sorted(made_by)[:_MOST_NAMED]) or "none of any other, either"
        yield f"no call of a program {pattern.program} was seen on {where}; seen: {names}"


def _runs(events: Sequence[Event], pattern: CallPattern) -> dict[str | int | None, _Run]:
    """Return what is known last of the traced programs that are meant."""
    found: dict[str | int | None, _Run] = {}
    for event in events:
        if isinstance(event, _Run) and event.traced and pattern.is_of_trace(event.host, event.name):
            step = event.step if isinstance(event, ProgramStarted) else event.ran_in_step
            found[event.name or step] = event
    return found


def _attached(events: Sequence[Event], pattern: CallPattern) -> list[TraceOn]:
    """Return what ran already on the hosts that are meant when its trace began."""
    return [
        one for one in events if isinstance(one, TraceOn) and pattern.is_of_trace(one.host, None)
    ]


def _before_or_after(
    events: Sequence[Event], pattern: CallPattern, attached: Sequence[TraceOn]
) -> Iterator[str]:
    """Yield the programs that are meant and that were seen for a part of their time."""
    meant = {
        (one.host, one.attached)
        for one in events
        if isinstance(one, ProgramCall) and pattern.is_of_program(one)
    }
    for one in attached:
        of_name = pattern.program is None or is_named(pattern.program, one.program)
        if of_name or (one.host, one.pid) in meant:
            yield f"{one.program} on {one.host} ran already when its trace began"
    there = {(one.host, one.pid) for one in attached}
    for event in events:
        if isinstance(event, TraceOff) and event.why == "lost" and (event.host, event.pid) in there:
            yield f"the trace of {event.program} on {event.host} has ended before the last step"


def _programs(events: Sequence[Event], pattern: CallPattern) -> set[str]:
    """Return the names of the programs whose calls were seen."""
    return {
        event.program
        for event in events
        if isinstance(event, ProgramCall) and pattern.is_of_trace(event.host, event.name)
    }


def _unseen(events: Sequence[Event], pattern: CallPattern) -> Iterator[str]:
    for event in events:
        if not isinstance(event, TraceNotice) or event.subject not in _UNSEEN:
            continue
        # Whoever traces does it to programs of other names.
        of_any = event.subject in {"ptrace", "untraced"} and pattern.is_of_trace(
            event.host, event.name
        )
        if of_any or pattern.is_of_program(event):
            yield _UNSEEN[event.subject].format(program=event.program, host=event.host)


def _under_way(
    events: Sequence[Event], pattern: CallPattern, runs: dict[str | int | None, _Run]
) -> Iterator[str]:
    """Yield the programs that could have made more calls after the last step."""
    meant = [one for one in events if isinstance(one, ProgramCall) and pattern.is_of_program(one)]
    of_program = {one.name or one.step for one in meant}
    for key, run in runs.items():
        goes_on = isinstance(run, ProgramStarted) or run.is_pending or run.outputs_open
        is_meant = pattern.program is None or key in of_program
        if goes_on and (is_meant or is_named(pattern.program or "", _name(run))):
            yield f"{_name(run)} on {run.host} was still under way when the run ended"
    ended = False
    for event in events:
        ended = ended or isinstance(event, StepsEnded)
        if ended and isinstance(event, ProgramCall) and pattern.is_of_program(event):
            yield f"{event.program} on {event.host} made calls after the last step"


def _name(run: _Run) -> str:
    return run.argv[0].rpartition("/")[2]
