"""Scenarios as tests: each file an item, or one for each engine that is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import printable
from lab.checks import programs
from lab.engines import choice
from lab.errors import LabError
from lab.evidence import folders, outside, summary
from lab.evidence.verdict import Judgement, Verdict, failures
from lab.pytest_plugin import options
from lab.pytest_plugin.evidence import TITLE, page, shown
from lab.runner import run
from lab.scenario.model import Scenario
from lab.scenario.reader import read
from lab.scenario.steps import Step


class ScenarioFile(pytest.File):
    """A file with one scenario."""

    def collect(self) -> Iterator["ScenarioItem"]:
        """Read it; a mistake is an error of the collection, with FILE:LINE."""
        try:
            scenario = read(self.path)
        except LabError as error:
            raise self.CollectError(printable.lines(str(error))) from None
        engines = options.engines(self.config)
        for name in engines or (None,):
            suffix = f"[{name}]" if len(engines) > 1 else ""
            yield ScenarioItem.from_parent(
                self, name=scenario.name + suffix, scenario=scenario, engine=name
            )


class ScenarioFailed(Exception):  # noqa: N818 - it is what pytest shows, and no error of ours
    """A scenario's verdict is not PASS, or there is none."""


class ScenarioItem(pytest.Item):
    """A scenario on an engine; it has a lab of its own."""

    def __init__(self, *, scenario: Scenario, engine: str | None, **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario
        self._engine = engine
        self._steps: list[str] = []

    def runtest(self) -> None:
        """Run it; ScenarioFailed unless its verdict is PASS."""
        self._steps.clear()
        engine = choice.choose(self._engine)[0]
        failed: list[str] = []
        try:
            outcome = run.run(
                engine,
                self.scenario,
                options.results(self.config),
                show=self._show,
                progress=_quiet,
            )
        except (LabError, OSError) as error:
            text = f"no verdict on the engine {engine.name}: {error}"
            failed = [text, *getattr(error, "__notes__", ())]
        except BaseException as error:
            left = self.config.stash.setdefault(options.LEFT_OVER, [])
            left += [printable.line(f"{TITLE}: {note}") for note in getattr(error, "__notes__", ())]
            raise
        if failed:
            raise ScenarioFailed("\n".join(map(printable.line, failed)))
        if outcome.verdict is not Verdict.PASS:
            raise ScenarioFailed("\n".join(map(printable.line, self._told(outcome))))
        if not self.config.getoption("lab_keep"):
            folders.discard(outcome.folder)

    def _show(self, step: Step, judged: list[Judgement], took_s: float) -> None:
        bad = [one for one in judged if one.verdict is not Verdict.PASS]
        one = bad[0] if bad else judged[0]
        line = f"{took_s:7.3f} s  {step.describe()}  {one.found}"
        self._steps.append(f"{line}  (expected: {one.expected})" if bad else line)

    def _told(self, outcome: run.Outcome) -> Iterator[str]:
        yield f"{outcome.verdict} {outcome.scenario} ({outcome.engine}, seed {outcome.seed})"
        for one in failures(outcome.judgements):
            place = f"{shown(self, self.path)}:{one.line}"
            yield f"{place}: {one.what}: expected: {one.expected}; found: {one.found}"
        yield from (f"this machine lacks {line}" for line in outcome.lacking)
        yield from map(outside.with_remedy, outcome.lost_outside)
        yield "the steps:"
        yield from self._steps
        yield from summary.lines(outcome.folder, outcome.step)
        yield from programs.of_scenario(outcome.folder)
        yield f"evidence: {shown(self, outcome.folder)}{page(outcome.folder)}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *more: Any) -> Any:
        """Show what came and what was expected; of a mistake in the lab itself, the traceback."""
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *more)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return what stands above its failure; pytest asks a skipped item for a line."""
        return self.path, 0, printable.line(f"{self.name}: {self.scenario.title}")


def _quiet(_doing: str, _detail: str) -> None:
    """Tests have no place for progress."""
