"""PASS, FAIL or UNKNOWN: what is judged, and what was expected beside what was found. Pure.

FAIL beats UNKNOWN beats PASS. What is not seen to be so is never PASS: a step without its event, a
fault that never acted, evidence that ends early are UNKNOWN.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from lab.evidence.events import Event
from lab.evidence.packets import Seen


class Verdict(StrEnum):
    """What a run shows."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


class Evidence(NamedTuple):
    """What a run has left; `missing` says why the packets are not all, "" if they are."""

    events: Sequence[Event]
    packets: Sequence[Seen]
    missing: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """One expectation, and what came of it."""

    line: int
    """The line of the step in the scenario, from 1; of a test, where it failed."""
    what: str
    """The step, or the test, for people."""
    expected: str
    """What was expected, for people."""
    found: str
    """What was found, for people."""
    verdict: Verdict
    """What it comes to."""
    step: int | None = None
    """The number of the step, from 0; null: it is about the evidence as a whole, or a test."""
    is_judged: bool = True
    """Was it judged? Not if a step before it was not PASS; its verdict is UNKNOWN then."""


def overall(judgements: Iterable[Judgement]) -> Verdict:
    """Put them together; no judgement at all is UNKNOWN."""
    verdicts = {judgement.verdict for judgement in judgements}
    for worst in (Verdict.FAIL, Verdict.UNKNOWN):
        if worst in verdicts:
            return worst
    return Verdict.PASS if verdicts else Verdict.UNKNOWN


def failures(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return those that are not PASS, without what was not judged because of them."""
    bad = (one for one in judgements if one.verdict is not Verdict.PASS)
    return [one for one in bad if one.is_judged]
