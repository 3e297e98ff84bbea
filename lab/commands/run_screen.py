"""What a person sees while scenarios run: a moving line on a terminal, steps, verdicts."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.markup import escape
from rich.text import Text

from lab import printable, screen
from lab.checks import programs
from lab.commands import scenario_screen
from lab.evidence import outside, summary
from lab.evidence.verdict import Judgement, Verdict, failures
from lab.runner.run import Outcome
from lab.scenario.model import Scenario
from lab.scenario.steps import Step


class RunScreen:
    """Shows runs while they go on (lab.runner.pool.RunObserver).

    Quiet: nothing but notes and the moving line.
    """

    def __init__(self, total: int, *, steps: bool, quiet: bool) -> None:
        self._total = total
        self._steps = steps and not quiet
        self._quiet = quiet
        self._began_s = time.monotonic()
        self._running: dict[int, str] = {}
        self._doing: dict[int, str] = {}
        self._notes: set[str] = set()
        # Each scenario once, before the first of its steps: None when it has been.
        self._to_introduce: dict[Path, Scenario | None] = {}
        # What came of those that have ended, in the order of their ends.
        self.outcomes: list[Outcome] = []
        self._status = screen.err.status("")
        self._moves = screen.err.is_terminal

    def __enter__(self) -> Self:
        if self._moves:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._status.stop()

    def began(self, number: int, scenario: Scenario) -> None:
        """Show its name in the moving line."""
        self._running[number] = scenario.name
        self._update()
        self._to_introduce[scenario.path] = self._to_introduce.get(scenario.path, scenario)

    def doing(self, number: int, doing: str, detail: str) -> None:
        """Show it in the moving line; a note stays, once."""
        if doing != "note":
            # Hosts come and go in a moment; images do not.
            self._doing[number] = f" ({doing})" if doing.startswith("building") else ""
            self._update()
        elif detail not in self._notes:
            self._notes.add(detail)
            self.note(detail)

    def note(self, text: str) -> None:
        """Tell the person something beside what was asked for."""
        with _Paused(self):
            screen.note(text)

    def step(self, number: int, step: Step, judged: list[Judgement], took_s: float) -> None:
        """Show its line, if only one run is on the screen at a time."""
        self._doing.pop(number, None)
        if self._steps:
            for path, scenario in self._to_introduce.items():
                if scenario:
                    self._print(*scenario_screen.introduction(scenario))
                    self._to_introduce[path] = None
            bad = [one for one in judged if one.verdict is not Verdict.PASS]
            shown = bad[0] if bad else judged[0]
            self._print(scenario_screen.step_line(step.describe(), shown, took_s))

    def ended(self, number: int, outcome: Outcome) -> None:
        """Show its verdict, and of one that is not PASS what is known."""
        self._running.pop(number, None)
        self._doing.pop(number, None)
        self.outcomes.append(outcome)
        if not self._quiet:
            self._print(*outcome_lines(outcome))
        self._update()

    def _update(self) -> None:
        if not self._moves:
            return
        there = counts(self.outcomes).items()
        bad = [f"{count} {verdict}" for verdict, count in there if verdict is not Verdict.PASS]
        words = [f"{len(self.outcomes)} of {self._total}", *bad]
        words.append(f"{time.monotonic() - self._began_s:.0f} s")
        names = [name + self._doing.get(number, "") for number, name in self._running.items()]
        line = f"{', '.join(words)}{'; running: ' if names else ''}{', '.join(names)}"
        self._status.update(escape(printable.escaped(line)[: max(20, screen.err.width - 4)]))

    def _print(self, *lines: Text) -> None:
        with _Paused(self):
            for line in lines:
                screen.out.print(line)

    def pause(self, *, on: bool) -> None:
        """Take the moving line away for what else is printed, and bring it back."""
        if self._moves:
            if on:
                self._status.stop()
            else:
                self._status.start()


class _Paused:
    def __init__(self, shown: RunScreen) -> None:
        self._shown = shown

    def __enter__(self) -> None:
        self._shown.pause(on=True)

    def __exit__(self, *_exception: object) -> None:
        self._shown.pause(on=False)


def outcome_lines(outcome: Outcome) -> list[Text]:
    """Make the lines of a run's end: the verdict; and what it is about, if it is not PASS."""
    name, folder = outcome.scenario, outcome.folder
    found = [scenario_screen.verdict_line(outcome.verdict, name, outcome.took_s, folder)]
    bad = failures(outcome.judgements)
    for one in bad:
        place = f"{outcome.file}:{one.line}"
        line = f"  {place}: {one.what}: expected: {one.expected}; found: {one.found}"
        found.append(Text(printable.line(line)))
    if bad:
        found += [
            Text(printable.line(f"    {line}")) for line in summary.lines(folder, outcome.step)
        ]
        found += [Text(printable.line(f"    {line}")) for line in programs.of_scenario(folder)]
        found += [
            Text(printable.line(f"  this machine lacks {line}"), style="yellow")
            for line in outcome.lacking
        ]
    found += [
        Text(printable.line(f"  {outside.with_remedy(line)}"), style="yellow")
        for line in outcome.lost_outside
    ]
    return found


def summary_lines(outcomes: Sequence[Outcome]) -> list[Text]:
    """Make the lines after several runs: of each scenario that ran more than once, and of all."""
    found = []
    by_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.file, []).append(outcome)
    for runs in by_name.values():
        if len(runs) > 1:
            found.append(_repeated(runs))
    found.append(Text(f"{len(outcomes)} runs: {_counted(counts(outcomes))}"))
    return found


def _repeated(runs: Sequence[Outcome]) -> Text:
    there = counts(runs)
    text = Text(printable.line(f"{runs[0].scenario}: "), style="default")
    if len(there) > 1:
        return text.append(f"flaky: {_counted(there)}", style="bold red")
    ((verdict, count),) = there.items()
    style = scenario_screen.VERDICT_STYLES[verdict]
    return text.append(f"{count} of {len(runs)} {verdict}", style=style)


def counts(outcomes: Sequence[Outcome]) -> dict[Verdict, int]:
    """Return how many there are of each verdict that there is."""
    verdicts = [outcome.verdict for outcome in outcomes]
    return {verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts}


def _counted(there: dict[Verdict, int]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in there.items())
