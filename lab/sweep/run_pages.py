"""Makes the pages of the runs that a sweep's page leads to, and says where the others are."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from lab import report
from lab.errors import EvidenceError
from lab.sweep.findings import Finding
from lab.sweep.sweep import Result, Trial

# A page of a traced run takes 0.07 s and 0.3 MB; a sweep can have thousands of runs.
_MOST = 40


def write_pages(folder: Path, result: Result, found: Sequence[Finding]) -> Mapping[str, str]:
    """Write the pages of the first clean run and of runs that broke; return links to them.

    The links are by the folders of the runs, from a page in `folder`. A run without evidence has
    no page.
    """
    links = {}
    for run in islice(dict.fromkeys(_wanted(result, found)), _MOST):
        try:
            links[run] = link(folder, report.write(Path(run)))
        except (EvidenceError, OSError):
            continue
    return links


def folder_links(folder: Path, trials: Iterable[Trial]) -> Mapping[str, str]:
    """Return links to the folders of runs, by these."""
    found = (trial.observed.folder for trial in trials)
    return {run: f"{link(folder, Path(run))}/" for run in found}


def link(folder: Path, to: Path) -> str:
    """Return a link to a file from a page in a folder."""
    return quote(os.path.relpath(to.resolve(), folder.resolve()))


def _wanted(result: Result, found: Sequence[Finding]) -> Iterator[str]:
    """Yield the folders of runs that are to have a page, what matters most first."""
    yield from (one.observed.folder for one in result.clean[:1])
    yield from (one.smallest.observed.folder for one in found)
    for one in found:
        yield from (trial.observed.folder for trial in one.trials[:1])
    for one in found:
        yield from (trial.observed.folder for trial in one.trials[1:])
