"""Where the time of a run went: in what its steps waited for, or in the lab itself. Pure.

A step waits in its calls (from their start to their end on the host), in its programs, and in
`wait`. What of that lies beside each other counts once. The rest is the lab's own: hosts up and
down, faults on and off, one step after the other.
"""

from collections.abc import Iterable, Iterator, Sequence

from lab.evidence.events import CallOutcome, Event, ProgramOutcome, StepEvent, WaitOutcome

Span = tuple[int, int]


def waited_s(events: Sequence[Event]) -> float:
    """Return for how many seconds something of the scenario was waited for."""
    return _length_ns(_spans(events)) / 1e9


def _spans(events: Sequence[Event]) -> Iterator[Span]:
    before_ns = 0  # when the step before was done: then the next one begins
    for event in events:
        if not isinstance(event, StepEvent) or event.step is None:
            continue
        match event:
            case CallOutcome(began_ns=int(began_ns), ended_ns=int(ended_ns)):
                yield began_ns, ended_ns
            case ProgramOutcome():
                yield event.began_ns, event.ended_ns or event.time_ns
            case CallOutcome() | WaitOutcome():  # a call that has not returned
                yield before_ns or event.time_ns, event.time_ns
        before_ns = event.time_ns


def _length_ns(spans: Iterable[Span]) -> int:
    total = until = 0
    for began, ended in sorted(spans):
        total += max(0, ended - max(began, until))
        until = max(until, ended)
    return total
