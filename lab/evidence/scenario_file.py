"""The file `scenario.yaml` of a run: what was to happen, as it was then; the verdict is by it."""

from collections.abc import Sequence
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import files, folders
from lab.evidence.digests import chained_end, content_of, difference
from lab.evidence.events import Event, FileContent


def write(folder: Path, text: str) -> FileContent:
    """Write it; return what it is, for the event `end`. OSError when it cannot be written."""
    data = text.encode()
    (folder / folders.SCENARIO).write_bytes(data)
    return content_of(data)


def read(folder: Path, events: Sequence[Event]) -> str:
    """Return its text. EvidenceError when there is none, or `end` has the digest of another."""
    path = folder / folders.SCENARIO
    data = files.read_bytes(path)
    end = chained_end(events)
    if end and (why := difference(content_of(data), end.scenario)):
        text = f"{path}: {why}"
        raise EvidenceError(text)
    return files.text_of(path, data)
