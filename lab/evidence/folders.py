"""Where the evidence of runs is kept: RESULTS/SCENARIO/RUN, with runs 001, 002, ..."""

import contextlib
import shutil
from pathlib import Path

from lab.errors import EvidenceError

SCENARIO, VERDICT, CAPTURE = "scenario.yaml", "verdict.json", "wire.pcapng"


_MOST_TRIES = 1000


def new_run(results: Path, scenario: str) -> Path:
    """Make the folder of a new run; two at the same time get two. OSError when it cannot be."""
    parent = results / scenario
    for tries_left in reversed(range(_MOST_TRIES)):
        try:
            parent.mkdir(parents=True, exist_ok=True)
            there = [int(path.name) for path in parent.iterdir() if path.name.isdigit()]
            folder = parent / f"{max(there, default=0) + 1:03}"
            folder.mkdir()
        except (FileExistsError, FileNotFoundError):
            # Another run has just taken the number, or removed the folder with its own.
            if not tries_left:
                raise
        else:
            return folder
    raise AssertionError


def newest_run(results: Path) -> Path:
    """Return the folder of the run that ended last. EvidenceError when there is none."""
    found = [(path.stat().st_mtime_ns, path.parent) for path in results.glob("*/*/events.jsonl")]
    if not found:
        text = f"{results}: no run is in this folder; lab run makes one, or name a run's folder"
        raise EvidenceError(text)
    return max(found)[1]


def discard(folder: Path) -> None:
    """Remove a run's folder, and those above it that only it was in."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # there are others
        folder.parent.rmdir()
        folder.parent.parent.rmdir()
