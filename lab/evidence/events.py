"""The events of a run: one JSON object a line, in the order in which they were known.

Every event has `kind` and `time_ns` (nanoseconds since the epoch, one clock for all hosts). A file
without the event `end` is of a run that was cut short.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from lab.errors import EvidenceError

FILE = "events.jsonl"

Event = dict[str, Any]


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Let an OSError of the block, such as a full disk's, say which file it is about."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


class Recorder:
    """Writes events as they happen, so that a run that is killed has left what it saw."""

    def __init__(self, folder: Path) -> None:
        # Line buffered: each event is in the file when `write` returns.
        # Half of a surrogate pair, which UTF-8 has no bytes for, is written as JSON's own escape.
        self._file = (folder / FILE).open(
            "w", encoding="utf-8", errors="backslashreplace", buffering=1
        )
        self._lock = Lock()

    def write(self, kind: str, **fields: Any) -> Event:
        """Append an event of now (or of `time_ns`, if given) and return it."""
        event = {"kind": kind, "time_ns": fields.pop("time_ns", time.time_ns()), **fields}
        with self._lock, naming(self._file.name):
            self._file.write(json.dumps(event, ensure_ascii=False) + "\n")
        return event

    def close(self) -> None:
        """Close the file."""
        with naming(self._file.name):
            self._file.close()


def read(folder: Path) -> list[Event]:
    """Return the events of a run, up to where they can be read.

    EvidenceError when there are none. A last line that is cut is left out, and with it `end`.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        why = f"{path}: {error.strerror}"
        raise EvidenceError(why) from None
    return list(_events(text))


def _events(text: str) -> Iterator[Event]:
    # Not `splitlines`: U+2028 and its like may stand in a log line, unescaped.
    for line in text.split("\n"):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not _is_event(event):
            return
        yield event


def _is_event(event: Any) -> bool:
    return (
        isinstance(event, dict)
        and isinstance(event.get("kind"), str)
        and type(event.get("time_ns")) is int
    )
