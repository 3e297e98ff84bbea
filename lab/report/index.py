"""Writes the overview of many runs, and the pages that it links to."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from lab.errors import EvidenceError
from lab.evidence import files
from lab.report.model import Run
from lab.report.overview import (
    Entry,
    Overview,
    entry_in,
    entry_of,
    overview,
    recorded_entry,
    run_folders,
)
from lab.report.page import SIGNS, environment, render, source, write
from lab.report.reading import read

PAGE, INDEX = "report.html", "index.html"
_VERSION = re.compile(r"\d+(\.\d+)*")


def write_index(results: Path) -> Path:
    """Write RESULTS/index.html, and the page of every run whose page is not of its files.

    EvidenceError when there are no runs.
    """
    files.refuse_special(results / INDEX)
    return _write(results / INDEX, overview(_entry(folder) for folder in run_folders(results)))


def _entry(folder: Path) -> Entry:
    page = folder / PAGE
    link = quote(f"{folder.parent.name}/{folder.name}/{PAGE}")
    if _is_of_its_files(page) and (entry := entry_in(page, link)):
        return entry
    try:
        run = read(folder)
    except EvidenceError:  # an empty run: its line in the overview says UNKNOWN
        return recorded_entry(folder, link if page.exists() else "")
    files.refuse_special(page)
    write(page, render(run))
    return entry_of(run, link)


def _is_of_its_files(page: Path) -> bool:
    """Tell whether nothing was changed since; that a file was deleted is in its folder's time."""
    try:
        written_ns = page.stat().st_mtime_ns
        times = [one.stat().st_mtime_ns for one in (page.parent, *page.parent.iterdir())]
    except OSError:
        return False
    return written_ns >= max(times)


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
