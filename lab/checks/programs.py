"""What programs and hosts printed last, for people: lines from a run's events."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import event_file, output
from lab.evidence.events import (
    Event,
    LastOutput,
    OutputCut,
    OutputError,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
)
from lab.evidence.text import input_text

_MOST_LINES, _MOST_NAME = 8, 100
_OfProgram = ProgramStarted | ProgramOutcome | ProgramInput
_Shown = _OfProgram | LastOutput | OutputCut | OutputError


def of_scenario(folder: Path) -> list[str]:
    """Return the lines about a scenario's run: what it ran beside its steps, and its hosts."""
    with suppress(EvidenceError):
        return list(lines(event_file.read(folder), begun=True))
    return []


def lines(events: Sequence[Event], *, begun: bool = False) -> Iterator[str]:
    """Yield how each program ended, and of each host that matters its state, with the last lines.

    With `begun` only of programs that went on while other steps were done (`later`).
    """
    shown: list[_Shown] = []
    for event in events:
        if isinstance(event, _OfProgram) and begun and not event.name:
            continue
        if isinstance(event, ProgramOutcome) and (earlier := _same(shown, event)) is not None:
            shown[earlier] = event
        elif isinstance(event, _Shown):
            shown.append(event)
    for one in shown:
        yield from _lines_of(one)


def _same(shown: Sequence[_Shown], event: ProgramOutcome) -> int | None:
    """Return where it stands that a program was started, or what else was known of it before."""
    if not event.name:
        return None
    same = {
        number: one
        for number, one in enumerate(shown)
        if isinstance(one, ProgramStarted | ProgramOutcome)
        and (one.name, one.host, one.argv) == (event.name, event.host, event.argv)
    }
    begun = [number for number, one in same.items() if isinstance(one, ProgramStarted)]
    outcomes = {number: one for number, one in same.items() if isinstance(one, ProgramOutcome)}
    pending = [number for number, one in outcomes.items() if one.is_pending]
    return next(iter((*begun, *pending)), None)


def _lines_of(event: _Shown) -> Iterator[str]:
    match event:
        case ProgramOutcome():
            status = "has not ended" if event.is_pending else f"exit {event.exit_status}"
            if event.killed_after_s is not None:
                status = f"was killed after {event.killed_after_s:g} s"
            yield f"program {_name(event.argv)} on {event.host}: {status}"
            yield from _last(event.output)
            yield from _last(event.errors)
        case ProgramStarted():
            yield f"program {_name(event.argv)} on {event.host}: was started"
        case ProgramInput():
            refused = ", which it has not taken" if event.refused else ""
            name = event.name[:_MOST_NAME]
            yield f"program {name} on {event.host}: was {input_text(event)}{refused}"
        case LastOutput():
            if event.output or event.state != "running":
                yield f"the last lines of {event.host} ({event.state}):"
                yield from _last(event.output)
        case OutputCut() | OutputError():
            yield f"note: {output.described(event)}"


def _name(argv: Sequence[str]) -> str:
    return " ".join(argv)[:_MOST_NAME]


def _last(text: str) -> Iterator[str]:
    yield from (f"  {line}" for line in text.splitlines()[-_MOST_LINES:])
