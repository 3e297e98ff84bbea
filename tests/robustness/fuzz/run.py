"""Makes mutants of one kind and lets the lab read them, in this process."""

import faulthandler
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.robustness.fuzz.bounds import FalsePassError, HangError, bounded
from tests.robustness.fuzz.kinds import Kind
from tests.robustness.fuzz.kinds.evidence import (
    Capture,
    Events,
    Forged,
    Page,
    RunScenario,
    VerdictFile,
)
from tests.robustness.fuzz.kinds.files import ComposeFile, ScenarioFile, Settings
from tests.robustness.fuzz.kinds.lines import AgentAnswer, CallAnswer, Output, Packets, Syslog
from tests.robustness.fuzz.kinds.requests import ToAgent, ToSupervisor
from tests.robustness.fuzz.kinds.words import CommandLine, PytestOptions

KINDS: tuple[type[Kind], ...] = (
    *(ScenarioFile, ComposeFile, Settings, Events, Capture, RunScenario, VerdictFile, Page),
    Forged,
    *(Syslog, Output, Packets, AgentAnswer, CallAnswer, ToSupervisor, ToAgent, CommandLine),
    PytestOptions,
)
CRASH, HANG, MEMORY, FALSE_PASS = "crash", "hang", "memory over limit", "PASS of damaged evidence"
FAILURES = {CRASH: "crashes", HANG: "hangs", MEMORY: MEMORY, FALSE_PASS: FALSE_PASS}


@dataclass(frozen=True, slots=True)
class Failure:
    """A mutant that broke something: `what` is one of FAILURES, `text` the traceback."""

    kind: str
    number: int
    what: str
    text: str
    mutant: bytes


def counts(total: int) -> dict[str, int]:
    """Return how many of so many mutants are of each kind."""
    shares = sum(kind.SHARE for kind in KINDS)
    return {kind.NAME: max(1, total * kind.SHARE // shares) for kind in KINDS}


def find(name: str) -> type[Kind]:
    """Return the kind of a name."""
    return next(kind for kind in KINDS if name == kind.NAME)


def run(
    kind: type[Kind],
    seed: int,
    numbers: range,
    begin: Callable[[int], None] = lambda _: None,
) -> Iterator[Failure]:
    """Check mutants of these numbers; yield those that break something.

    `begin` is told of each before.
    """
    faulthandler.enable()
    step = kind.RENEWED_AFTER or len(numbers) or 1
    for first in range(0, len(numbers), step):
        with kind() as entered:
            for number in numbers[first : first + step]:
                begin(number)
                mutant = entered.mutant(Random(f"{kind.NAME} {seed} {number}"))
                if failure := _checked(entered, number, mutant):
                    yield failure


def _checked(kind: Kind, number: int, mutant: bytes) -> Failure | None:
    try:
        with bounded():
            kind.check(mutant)
    except (HangError, Exception) as error:
        whats = {HangError: HANG, MemoryError: MEMORY, FalsePassError: FALSE_PASS}
        what = whats.get(type(error), CRASH)
        return Failure(kind.NAME, number, what, traceback.format_exc(), mutant)
    return None
