"""The page of a sweep: one HTML file without a script, in the look of a run's page."""

from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup

from lab.evidence import files
from lab.report import page
from lab.sweep.page_model import SweepPage
from lab.sweep.subject import Subject
from lab.sweep.sweep import Result

FILE = "sweep.html"
_SHOWN_AT_ONCE = 8  # findings; the others open
_OWN = {"sweep.html", "sweep.css"}


def write(folder: Path, subject: Subject, result: Result, shown: SweepPage, coverage: str) -> Path:
    """Write the page into the folder of the sweep; return its path. OSError when it cannot."""
    path = folder / FILE
    files.refuse_special(path)
    page.write(path, render(subject, result, shown, coverage))
    return path


def render(subject: Subject, result: Result, shown: SweepPage, coverage: str) -> str:
    """Return the page."""
    scenario = subject.scenario()
    style = Markup(_source("page.css") + _source("sweep.css"))  # noqa: S704 - our own files
    return (
        _environment()
        .get_template("sweep.html")
        .render(
            name=subject.name,
            title=scenario.title,
            scenario=subject.text(),
            it=shown,
            result=result,
            verdict=_verdict(result, shown),
            coverage=coverage,
            signs=page.SIGNS,
            shown_at_once=_SHOWN_AT_ONCE,
            style=style,
        )
    )


def _verdict(result: Result, shown: SweepPage) -> tuple[str, str]:
    """Return PASS, FAIL or UNKNOWN, and the sentence beside it."""
    if not result.trials:
        return "UNKNOWN", "nothing was tried"
    if not shown.found:
        return "PASS", "it survives all of it"
    count = len(shown.found)
    ways = "1 way" if count == 1 else f"{count} ways"
    if all(one.is_flaky for one in shown.found):
        return "UNKNOWN", f"breaks in {ways}, not every time"
    return "FAIL", f"breaks in {ways}; all else it survives"


@cache
def _environment() -> Environment:
    """Return that of the run's page, with the templates of this one before its own."""
    return page.environment().overlay(loader=FunctionLoader(_source))


@cache
def _source(name: str) -> str:
    if name not in _OWN:
        return page.source(name)
    return (resources.files("lab.sweep") / "templates" / name).read_text(encoding="utf-8")
