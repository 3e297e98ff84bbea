"""The file `verdict.json` of a run: what was judged, as it was then."""

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import files, folders
from lab.evidence.os_errors import naming
from lab.evidence.typed_json import decoder, encode
from lab.evidence.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVerdict:
    """The verdict of a run, with all that was judged."""

    scenario: str = ""
    """The name of the scenario; of a test, that of its folder."""
    title: str = ""
    """The scenario's title, or the test's node id."""
    engine: str = ""
    """The engine that ran it."""
    seed: int | None = None
    """The seed of the scenario's faults; null for a test."""
    verdict: Verdict
    """FAIL beats UNKNOWN beats PASS."""
    judgements: tuple[Judgement, ...] = ()
    """What was expected, one after the other, in the order of the steps."""
    took_s: float = 0.0
    """How long the run took, in seconds."""
    file: str = ""
    """The file of the scenario, or of the test."""
    step: int | None = None
    """The first step that is not PASS, from 0; null: there is none, or it is a test."""
    lacking: tuple[str, ...] = ()
    """The hosts that ran without their program, as in `missing_program`."""
    lost_outside: tuple[str, ...] = ()
    """What was lost between hosts outside of the lab, as in `capture_ended`, for people."""


def write(folder: Path, verdict: RecordedVerdict) -> None:
    """Write it; an OSError names the file. What a subclass has besides is not written."""
    file = folder / folders.VERDICT
    found = {one.name: encode(getattr(verdict, one.name)) for one in fields(RecordedVerdict)}
    with naming(file):
        text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        file.write_text(text, encoding="utf-8")


def read(folder: Path) -> RecordedVerdict:
    """Return what was written. EvidenceError when it is not there, or damaged."""
    file = folder / folders.VERDICT
    try:
        found = decoder(RecordedVerdict)(json.loads(files.read_text(file)))
    except (ValueError, RecursionError) as error:
        text = f"{file}: {error}"
        raise EvidenceError(text) from None
    assert isinstance(found, RecordedVerdict)
    return found


def difference(folder: Path, now: RecordedVerdict) -> str:
    """Return, for people, how what was written differs from what is judged now; "": it does not.

    Nor does it where nothing was written.
    """
    file = folder / folders.VERDICT
    if not os.path.lexists(file):
        return ""
    try:
        then = read(folder)
    except EvidenceError as error:
        return str(error)
    if then.verdict is not now.verdict:
        return f"{file}: says {then.verdict}, and the evidence {now.verdict}"
    if [one.verdict for one in then.judgements] != [one.verdict for one in now.judgements]:
        return f"{file}: has other judgements than the evidence gives"
    return ""
