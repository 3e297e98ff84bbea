"""The file of a run's events: one JSON object a line, in the order in which they were known.

docs/evidence.md has the kinds and their fields, made of `lab.evidence.events`.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from lab.errors import EvidenceError
from lab.evidence import format_1
from lab.evidence.events import FORMAT, KINDS, Damaged, Event, Unknown
from lab.evidence.os_errors import naming
from lab.evidence.typed_json import decoder, encode

FILE = "events.jsonl"
_DAMAGE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
E = TypeVar("E", bound=Event)


class Recorder:
    """Writes events as they happen, so that a run that is killed has left what it saw."""

    def __init__(self, folder: Path) -> None:
        # Line buffered: each event is in the file when `write` returns.
        # Half of a surrogate pair, which UTF-8 has no bytes for, is written as JSON's own escape.
        self._file = (folder / FILE).open(
            "w", encoding="utf-8", errors="backslashreplace", buffering=1
        )
        self._lock = Lock()

    def write(self, event: E) -> E:
        """Append an event and return it as it was written: of now, unless it has a time."""
        if not event.time_ns:
            event = replace(event, time_ns=time.time_ns())
        with self._lock, naming(self._file.name):
            self._file.write(line_of(event))
        return event

    def close(self) -> None:
        """Close the file."""
        with naming(self._file.name):
            self._file.close()


def line_of(event: Event) -> str:
    """Return an event as its line of the file."""
    return json.dumps({"kind": event.KIND, **encode(event)}, ensure_ascii=False) + "\n"


def read(folder: Path) -> list[Event]:
    """Return the events of a run, up to where they can be read; EvidenceError when there are none.

    A last line that is cut is left out, and with it `end`. Instead of an event without the fields
    of its kind there is a `Damaged`, instead of one that only a later version has, an `Unknown`.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        why = f"{path}: {error.strerror}"
        raise EvidenceError(why) from None
    return list(_events(text))


def _events(text: str) -> Iterator[Event]:
    version = FORMAT
    # Not `splitlines`: U+2028 and its like may stand in a log line, unescaped.
    for line, written in enumerate(text.split("\n"), 1):
        try:
            fields = json.loads(written)
        except (ValueError, RecursionError):
            return
        if not _is_event(fields):
            return
        if fields["kind"] == "start":
            version = fields.get("format", 1)
        yield _event(fields, version, line)


def _is_event(fields: Any) -> bool:
    return (
        isinstance(fields, dict)
        and isinstance(fields.get("kind"), str)
        and type(fields.get("time_ns")) is int
    )


def _event(fields: dict[str, Any], version: Any, line: int) -> Event:
    kind, time_ns = fields["kind"], fields["time_ns"]
    try:
        return event_of(fields, version)
    except _DAMAGE as error:
        if kind not in KINDS and type(version) is int and version > FORMAT:
            return Unknown(time_ns=time_ns, kind=kind)
        what = f"no {error}" if isinstance(error, LookupError) else str(error)
    return Damaged(time_ns=time_ns, kind=kind, line=line, text=what)


def event_of(fields: dict[str, Any], version: Any = FORMAT) -> Event:
    """Return an event by `kind` and fields as JSON has them, of a version of the format.

    LookupError, TypeError, ValueError, AttributeError or OverflowError when they make none.
    """
    if version == 1:
        fields = format_1.upgraded(fields)
    cls: Any = KINDS.get(fields["kind"])
    if cls is None:
        text = "there is no such kind"
        raise ValueError(text)
    event: Event = decoder(cls)(fields)
    return event
