"""The verdict that was written down with a run, for evidence that no scenario can judge again."""

import json
from pathlib import Path

from lab.evidence.verdict import Judgement, Verdict


def recorded(path: Path, *, damaged: bool) -> tuple[tuple[Judgement, ...], Verdict]:
    """Return the judgements and the verdict of a `verdict.json`.

    UNKNOWN where it cannot be read, or the evidence is damaged and it says PASS.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        verdict = Verdict(fields["verdict"])
        judgements = tuple(
            Judgement(
                line=int(one.get("line", 0)),
                what=str(one["what"]),
                expected=str(one["expected"]),
                found=str(one["found"]),
                verdict=Verdict(one["verdict"]),
            )
            for one in fields.get("judgements", ())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return (), Verdict.UNKNOWN
    if damaged and verdict is Verdict.PASS:
        verdict = Verdict.UNKNOWN
    return judgements, verdict
