"""The run that a command is about when none is named: the newest of the folder `results`."""

import sys
from pathlib import Path

from lab import printable
from lab.evidence import folders

RESULTS = Path("results")


def run() -> Path:
    """Return its folder, and say which it is. EvidenceError when there is no run."""
    folder = folders.newest_run(RESULTS)
    print(printable.line(f"note: the newest run, {folder}"), file=sys.stderr)
    return folder
