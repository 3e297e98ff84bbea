"""What programs and hosts have last said, for people: lines from a run's events."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lab.checks import calls
from lab.errors import EvidenceError
from lab.evidence import events, output
from lab.evidence.events import Event

_MOST_LINES, _MOST_NAME = 8, 100
_KINDS = {"started", "program", "input", "printed", output.CUT, output.TROUBLE}


def of_scenario(folder: Path) -> list[str]:
    """Return the lines about a scenario's run: what it ran beside its steps, and its hosts."""
    with suppress(EvidenceError):
        return list(lines(events.read(folder), begun=True))
    return []


def lines(there: Sequence[Event], *, begun: bool = False) -> Iterator[str]:
    """Say of each program how it ended, and of each host that matters, with their last lines.

    With `begun` only of programs that went on while other steps were done (`later`).
    """
    found: list[Event] = []
    for event in there:
        if event["kind"] in {"started", "program", "input"} and begun and not event.get("name"):
            continue
        if event["kind"] == "program" and (earlier := _same(found, event)) is not None:
            found[earlier] = event
        elif event["kind"] in _KINDS:
            found.append(event)
    for event in found:
        yield from _told(event)


def _same(found: Sequence[Event], event: Event) -> int | None:
    """Return where it stands that a program was started, or what else was known of it before."""
    what = [event.get(key) for key in ("name", "host", "argv")]
    same = [
        number
        for number, one in enumerate(found)
        if event.get("name") and [one.get(key) for key in ("name", "host", "argv")] == what
    ]
    begun = [number for number in same if found[number]["kind"] == "started"]
    known = [number for number in same if found[number].get("pending")]
    return next(iter((*begun, *known)), None)


def _told(event: Event) -> Iterator[str]:
    if event["kind"] == "program":
        status = "has not ended" if event.get("pending") else f"exit {event['exit_status']}"
        if (after_s := event.get("killed_after_s")) is not None:
            status = f"was killed after {after_s:g} s"
        yield f"program {_name(event)} on {event['host']}: {status}"
        for stream in ("output", "errors"):
            yield from _last(event[stream])
    elif event["kind"] == "started":
        if "argv" in event:
            yield f"program {_name(event)} on {event['host']}: was started"
    elif event["kind"] == "input":
        refused = ", which it has not taken" if event.get("refused") else ""
        name = event["name"][:_MOST_NAME]
        yield f"program {name} on {event['host']}: was {calls.given(event)}{refused}"
    elif event["kind"] == "printed":
        if event["output"] or event["state"] != "running":
            yield f"the last lines of {event['host']} ({event['state']}):"
            yield from _last(event["output"])
    else:
        yield f"note: {output.words(event)}"


def _name(event: Event) -> str:
    return " ".join(event["argv"])[:_MOST_NAME]


def _last(text: str) -> Iterator[str]:
    yield from (f"  {line}" for line in text.splitlines()[-_MOST_LINES:])
