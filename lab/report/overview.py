"""Many runs side by side: a line for each scenario, a column for each engine. Reads, and counts.

It says of a run what the run's page says: the page has its entry in its head, as a matrix of a
thousand runs must not take long. A run that no page can be made of is UNKNOWN.
"""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from html import unescape
from pathlib import Path
from statistics import median

from lab.errors import EvidenceError
from lab.evidence import event_file, files, verdict_file
from lab.evidence.events import Start
from lab.evidence.typed_json import decoder
from lab.evidence.verdict import Verdict
from lab.report.model import Run

# The templates have it within the first bytes of a page.
_MARK = re.compile(r'<meta name="socket-lab-run" content="([^"]*)">')
_HEAD_BYTES = 8192
_UNKNOWN = "unknown"  # a name or an engine
_WORST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Entry:
    """A run: `link` is where its page is, seen from the overview's."""

    name: str
    title: str
    engine: str
    seed: int | None
    verdict: Verdict
    took_s: float
    link: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The runs of a scenario on an engine."""

    entries: tuple[Entry, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        there = {one.verdict for one in self.entries}
        return next(one for one in _WORST if one in there)

    @property
    def passed(self) -> int:
        """How many are PASS."""
        return sum(one.verdict is Verdict.PASS for one in self.entries)

    @property
    def is_flaky(self) -> bool:
        """Tell whether repeats disagree."""
        return len({one.verdict for one in self.entries}) > 1

    @property
    def median_s(self) -> float:
        """How long a run takes, in seconds."""
        return median(one.took_s for one in self.entries)

    @property
    def slowest_s(self) -> float:
        """How long the slowest took, in seconds."""
        return max(one.took_s for one in self.entries)


@dataclass(frozen=True, slots=True)
class Line:
    """A scenario; `cells` stand in the order of the overview's engines."""

    name: str
    title: str
    cells: tuple[Cell | None, ...]

    @property
    def link(self) -> str:
        """The page that tells most: of the newest of the worst runs; "" where none has one."""
        for verdict in _WORST:
            for entry in (one for cell in self.cells[::-1] if cell for one in cell.entries[::-1]):
                if entry.verdict is verdict and entry.link:
                    return entry.link
        return ""


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it; `counts` are the runs of each verdict."""

    engines: tuple[str, ...]
    lines: tuple[Line, ...]
    counts: dict[Verdict, int]

    @property
    def flaky(self) -> int:
        """How many scenarios have repeats that disagree, on one engine at least."""
        return sum(any(cell and cell.is_flaky for cell in line.cells) for line in self.lines)


def run_folders(results: Path) -> list[Path]:
    """Return the folders of runs, RESULTS/SCENARIO/RUN. EvidenceError when there are none."""
    found = sorted(path.parent for path in results.glob(f"*/*/{event_file.FILE}"))
    if not found:
        text = f"{results}: no runs there; it must be a folder that lab run --results wrote to"
        raise EvidenceError(text)
    return found


def recorded_entry(folder: Path, link: str) -> Entry:
    """Return the entry of a run that cannot be read, by what it wrote down of itself: UNKNOWN."""
    with suppress(EvidenceError):
        then = verdict_file.read(folder)
        return Entry(
            name=then.scenario or _UNKNOWN,
            title=then.title,
            engine=then.engine or _UNKNOWN,
            seed=then.seed,
            verdict=Verdict.UNKNOWN,
            took_s=then.took_s,
            link=link,
        )
    with suppress(EvidenceError):
        for one in event_file.read(folder):
            if isinstance(one, Start):
                name = one.scenario or one.test or _UNKNOWN
                return Entry(name, one.title, one.engine, one.seed, Verdict.UNKNOWN, 0.0, link)
    return Entry(_UNKNOWN, "", _UNKNOWN, None, Verdict.UNKNOWN, 0.0, link)


def entry_in(page: Path, link: str) -> Entry | None:
    """Return what a page says of its run; None of a file that is no page of this version."""
    try:
        with files.opened(page) as file:
            found = _MARK.search(file.read(_HEAD_BYTES).decode(errors="replace"))
        return decoder(Entry)(json.loads(unescape(found[1])) | {"link": link}) if found else None
    except (OSError, EvidenceError, ValueError, TypeError, RecursionError):
        return None


def mark(run: Run) -> str:
    """Return the entry of a run as its page has it: JSON, to be escaped."""
    entry = asdict(replace(entry_of(run, ""), title=run.title[:300]))
    return json.dumps({key: value for key, value in entry.items() if key != "link"})


def entry_of(run: Run, link: str) -> Entry:
    """Return the entry of a run that has been read."""
    took_s = (run.ended_ns - run.began_ns) / 1e9
    return Entry(run.name, run.title, run.engine, run.seed, run.verdict, took_s, link)


def overview(entries: Iterable[Entry]) -> Overview:
    """Put runs together, by scenario and engine; both in the order of their names."""
    listed = list(entries)
    engines = tuple(sorted({one.engine for one in listed}))
    lines = []
    for name in sorted({one.name for one in listed}):
        own = [one for one in listed if one.name == name]
        cells = tuple(_cell(own, engine) for engine in engines)
        lines.append(Line(name, next((one.title for one in own if one.title), ""), cells))
    counts = {verdict: sum(one.verdict is verdict for one in listed) for verdict in Verdict}
    return Overview(engines, tuple(lines), counts)


def _cell(entries: Sequence[Entry], engine: str) -> Cell | None:
    there = tuple(one for one in entries if one.engine == engine)
    return Cell(there) if there else None
