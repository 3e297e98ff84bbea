"""What a person sees of scenarios: steps, verdicts, the catalogue."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from lab import printable
from lab.evidence.verdict import Judgement, Verdict
from lab.scenario.model import Scenario

VERDICT_STYLES = {
    Verdict.PASS: "bold green",
    Verdict.FAIL: "bold red",
    Verdict.UNKNOWN: "bold yellow",
}


def step_line(what: str, judgement: Judgement, took_s: float) -> Text:
    """Make the line of a step: how long it took, what it was, what came of it."""
    text = Text(f"{took_s:7.3f} s  ", style="dim")
    text.append(printable.line(f"{what}  "), style="default")
    good = judgement.verdict is Verdict.PASS
    text.append(printable.line(judgement.found), style="green" if good else "bold red")
    if not good:
        text.append(printable.line(f"  (expected: {judgement.expected})"), style="red")
    return text


def verdict_line(verdict: Verdict, scenario: str, took_s: float, folder: Path) -> Text:
    """Make the line of a run's end."""
    text = Text(f"{verdict:7} ", style=VERDICT_STYLES[verdict])
    return text.append(printable.line(f"{scenario}  {took_s:.2f} s  {folder}"), style="default")


def introduction(scenario: Scenario) -> list[Text]:
    """Make the lines above a run's steps: what happens, and what it shows."""
    name, words = printable.line(f"{scenario.name}: "), printable.line(scenario.title)
    title = Text(name, style="bold").append(words, style="default")
    shows = printable.line(f"shows: {scenario.shows}")
    return [title, Text(shows, style="dim")] if scenario.shows else [title]


def scenario_table(scenarios: Sequence[Scenario]) -> Table:
    """Make the table of the catalogue; what is too long goes on in its column."""
    table = Table(box=None, pad_edge=False)
    table.add_column("NAME", no_wrap=True)
    table.add_column("TITLE", ratio=2)
    table.add_column("REPRODUCES", ratio=1)
    topic = ""
    for one in scenarios:
        if one.path.parent.name != topic:
            topic = one.path.parent.name
            table.add_row(Text(printable.line(f"{topic}/"), style="bold"), "", "")
        cells = (one.name, one.title, ", ".join(one.reproduces))
        table.add_row(*(escape(printable.line(cell)) for cell in cells))
    return table
