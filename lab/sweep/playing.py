"""Plays the runs of a sweep: several at a time, each with evidence of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from lab.api.engine import Engine
from lab.evidence.verdict import Judgement
from lab.runner import pool
from lab.runner.run import Outcome
from lab.scenario.model import Scenario
from lab.scenario.steps import Step
from lab.sweep.sweep import Play

RUNS = "runs"


class _Ended:
    """A RunObserver that passes on ends, and notes."""

    def __init__(self, ended: Callable[[int, Outcome], None], note: Callable[[str], None]) -> None:
        self._ended = ended
        self._note = note

    def began(self, number: int, scenario: Scenario) -> None:
        """Say nothing."""

    def doing(self, number: int, doing: str, detail: str) -> None:
        """Pass on what is for the person."""
        del number
        if doing == "note":
            self._note(detail)

    def step(self, number: int, step: Step, judged: list[Judgement], took_s: float) -> None:
        """Say nothing."""

    def ended(self, number: int, outcome: Outcome) -> None:
        """Pass it on."""
        self._ended(number, outcome)


def player(engine: Engine, folder: Path, *, jobs: int, note: Callable[[str], None]) -> Play:
    """Return what plays scenarios on an engine, `jobs` at a time; evidence goes below `folder`."""

    def play(scenarios: Sequence[Scenario], ended: Callable[[int, Outcome], None]) -> None:
        pool.run_all(engine, scenarios, folder / RUNS, jobs=jobs, observer=_Ended(ended, note))

    return play
