"""The file of a run's events: one JSON object a line, in the order in which they were known.

docs/evidence.md has the kinds and their fields, made of `lab.evidence.events`.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, TypeVar

from lab.errors import EvidenceError
from lab.evidence import files, format_1
from lab.evidence.digests import Chain, ChainCheck
from lab.evidence.events import FORMAT, KINDS, Damaged, End, Event, Unknown
from lab.evidence.os_errors import naming
from lab.evidence.typed_json import decoder, encode, is_number

FILE = "events.jsonl"
_MOST_BYTES, _MOST_LINE_BYTES = 2 << 30, 256 << 20
_DAMAGE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
E = TypeVar("E", bound=Event)


class Recorder:
    """Writes events as they happen, so that a run that is killed has left what it saw."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / FILE).open("wb")
        self._chain = Chain()
        self._lock = Lock()

    def write(self, event: E) -> E:
        """Append an event and return it as it was written: of now, unless it has a time."""
        if not event.time_ns:
            event = replace(event, time_ns=time.time_ns())
        with self._lock, naming(self._file.name):
            if isinstance(event, End):
                event = replace(event, events=self._chain.number + 1)
            self._file.write(self._chain.line({"kind": event.KIND, **encode(event)}))
            self._file.flush()  # so that it is in the file when this returns
        return event

    def close(self) -> None:
        """Close the file."""
        with naming(self._file.name):
            self._file.close()


def line_of(event: Event) -> str:
    """Return an event as JSON, without its number and digest: a line as before version 3."""
    return json.dumps({"kind": event.KIND, **encode(event)}, ensure_ascii=False) + "\n"


def read(folder: Path) -> list[Event]:
    """Return the events of a run, up to where they can be read; EvidenceError when there are none.

    A last line that is cut is left out, and with it `end`. Instead of an event without the fields
    of its kind, or whose line is not as it was written, there is a `Damaged`, instead of one that
    only a later version has, an `Unknown`.
    """
    path = folder / FILE
    try:
        with files.opened(path, most_bytes=_MOST_BYTES) as file:
            return list(_events(file))
    except OSError as error:
        why = f"{path}: {error.strerror}"
        raise EvidenceError(why) from None


def _events(file: BinaryIO) -> Iterator[Event]:
    version, time_ns = FORMAT, 0
    check = ChainCheck()
    line = 0
    while written := file.readline(_MOST_LINE_BYTES):
        line += 1
        is_whole = written.endswith(b"\n")
        fields = _fields(written)
        if fields is None:
            if (is_whole or check.ended) and _is_chained(version, {}):
                text = "it is no event"
                yield Damaged(time_ns=time_ns, kind="it", line=line, text=text, is_altered=True)
            return
        kind, time_ns = fields["kind"], fields["time_ns"]
        if kind == "start":
            version = fields.get("format", 1)
        if _is_chained(version, fields):
            if not is_whole and not check.ended:
                return
            if text := check.damage(written[:-1], fields):
                yield Damaged(time_ns=time_ns, kind=kind, line=line, text=text, is_altered=True)
                continue
        yield _event(fields, version, line)


def _fields(written: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(written.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return fields if _is_event(fields) else None


def _is_chained(version: Any, fields: dict[str, Any]) -> bool:
    """Must the line be as the chain has it? Also if it says that it is of an older version."""
    return (type(version) is int and version >= 3) or fields.keys() >= {"number", "digest"}


def _is_event(fields: Any) -> bool:
    return (
        isinstance(fields, dict)
        and isinstance(fields.get("kind"), str)
        and is_number(fields.get("time_ns"))
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
