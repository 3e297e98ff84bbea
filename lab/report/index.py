"""Writes the overview of many runs, and the pages that it links to."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from lab.errors import EvidenceError
from lab.evidence import events
from lab.report.model import Run
from lab.report.overview import Entry, Overview, entry_of, overview, recorded_entry, run_folders
from lab.report.page import SIGNS, environment, render, source, write
from lab.report.reading import read

PAGE, INDEX = "report.html", "index.html"
_VERSION = re.compile(r"\d+(\.\d+)*")


def write_index(results: Path) -> Path:
    """Write RESULTS/index.html, and the page of every run that has none, or an older one.

    EvidenceError when there are no runs.
    """
    entries = []
    for folder in run_folders(results):
        page = folder / PAGE
        if not page.exists() or page.stat().st_mtime < (folder / events.FILE).stat().st_mtime:
            _write_page(folder, page)
        link = quote(f"{folder.parent.name}/{folder.name}/{PAGE}") if page.exists() else ""
        entries.append(recorded_entry(folder, link))
    return _write(results / INDEX, overview(entries))


def _write_page(folder: Path, page: Path) -> None:
    try:
        write(page, render(read(folder)))
    except EvidenceError:  # an empty run: its line in the overview says UNKNOWN
        return


def write_gallery(folders: Iterable[Path], into: Path) -> Path:
    """Write pages and their overview into one folder, as SCENARIO.html; return the overview.

    Of a scenario that was run more than once the later ones get their engine and a number.
    """
    into.mkdir(parents=True, exist_ok=True)
    entries: list[Entry] = []
    taken: set[str] = {"index"}
    for folder in folders:
        run = _without_build(read(folder))
        name = _free(run.name.replace("/", "-"), run.engine, taken)
        write(into / f"{name}.html", render(run))
        entries.append(entry_of(run, quote(f"{name}.html")))
    return _write(into / INDEX, overview(entries))


def _without_build(run: Run) -> Run:
    """Return a run without the kernel's build: a gallery is published, and builds name machines."""
    facts = dict(run.facts)
    if kernel := _VERSION.match(facts.get("Linux", "")):
        facts["Linux"] = kernel[0]
    return replace(run, facts=facts)


def _free(name: str, engine: str, taken: set[str]) -> str:
    candidates = [name, f"{name}-{engine}", *(f"{name}-{engine}-{n}" for n in range(2, 10_000))]
    found = next(one for one in candidates if one not in taken)
    taken.add(found)
    return found


def _write(path: Path, found: Overview) -> Path:
    template = environment().get_template("index.html")
    style = Markup(source("page.css") + source("index.css"))  # noqa: S704 - our own files
    write(path, template.render(it=found, style=style, signs=SIGNS))
    return path
