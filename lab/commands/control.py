"""`lab run --control`: which expectations of a scenario depend on its faults.

A scenario that passes without its faults, too, proves nothing about them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lab.api.engine import Engine
from lab.commands.run_screen import RunScreen
from lab.evidence.verdict import Verdict, failures
from lab.runner import pool
from lab.runner.run import Outcome
from lab.scenario.model import Scenario


class Control(NamedTuple):
    """A scenario that passes, and what came of it without its faults (None: it has none)."""

    scenario: Scenario
    without: Outcome | None

    @property
    def proves_nothing(self) -> bool:
        """Does it pass without its faults, too?"""
        return self.without is not None and self.without.verdict is Verdict.PASS

    @property
    def depends(self) -> list[str]:
        """The expectations that depend on its faults, as far as the run without them came."""
        if self.without is None:
            return []
        return [
            f"{one.line}: {one.what}: {one.expected}" for one in failures(self.without.judgements)
        ]

    @property
    def text(self) -> str:
        """Say it for people."""
        name = self.scenario.name
        if self.without is None:
            return f"{name}: has no faults"
        if self.proves_nothing:
            return f"{name}: PASS without its faults, too; it proves nothing about them"
        return f"{name}: depends on its faults: {'; '.join(self.depends)}"


def controls(
    engine: Engine,
    scenarios: Sequence[Scenario],
    outcomes: Sequence[Outcome],
    results: Path,
    *,
    jobs: int,
) -> list[Control]:
    """Play those that have passed once without their faults, and return what came of it."""
    passed = {one.file for one in outcomes if one.verdict is Verdict.PASS}
    wanted = [one for one in scenarios if str(one.path) in passed]
    without = [one.without_faults() for one in wanted]
    played = [one for one in without if one is not None]
    shown = RunScreen(len(played), steps=False, quiet=True)
    with shown:
        ran = iter(pool.run_all(engine, played, results, jobs=jobs, observer=shown))
    return [
        Control(scenario, None if one is None else next(ran))
        for scenario, one in zip(wanted, without, strict=True)
    ]
