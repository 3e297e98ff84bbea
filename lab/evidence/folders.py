"""Where the evidence of runs is kept: RESULTS/SCENARIO/RUN, with runs 001, 002, ..."""

import contextlib
import itertools
from pathlib import Path

SCENARIO, VERDICT, CAPTURE = "scenario.yaml", "verdict.json", "wire.pcapng"


def new_run(results: Path, scenario: str) -> Path:
    """Make the folder of a new run; two at the same time get two. OSError when it cannot be."""
    parent = results / scenario
    parent.mkdir(parents=True, exist_ok=True)
    there = [int(path.name) for path in parent.iterdir() if path.name.isdigit()]
    for number in itertools.count(max(there, default=0) + 1):
        with contextlib.suppress(FileExistsError):
            folder = parent / f"{number:03}"
            folder.mkdir()
            return folder
    raise AssertionError
