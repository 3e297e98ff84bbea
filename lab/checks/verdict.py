"""PASS, FAIL or UNKNOWN: what was expected beside what was found. Pure.

FAIL beats UNKNOWN beats PASS. What is not seen to be so is never PASS: a step without its event, a
fault that never acted, evidence that ends early are UNKNOWN.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a run shows."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One expectation: where it stands, what was expected, what was found."""

    line: int
    what: str
    expected: str
    found: str
    verdict: Verdict


def overall(judgements: Iterable[Judgement]) -> Verdict:
    """Put them together; no judgement at all is UNKNOWN."""
    verdicts = {judgement.verdict for judgement in judgements}
    for worst in (Verdict.FAIL, Verdict.UNKNOWN):
        if worst in verdicts:
            return worst
    return Verdict.PASS if verdicts else Verdict.UNKNOWN
