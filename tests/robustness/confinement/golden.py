"""The golden table of answers; `python -m tests.robustness.confinement.golden` makes it anew.

That measures the columns of every engine that this machine has, as who runs it (root, or a user),
and leaves the other columns as they are.
"""

import json
from pathlib import Path

from lab.engines import choice
from tests.robustness.confinement import columns
from tests.robustness.confinement.columns import Answers

FILE = Path(__file__).parents[2] / "data" / "confinement.json"

REMEDY = "if that is meant: python -m tests.robustness.confinement.golden, then make generated"


def read() -> dict[str, Answers]:
    """Return the answers of each column, by its name."""
    rows: dict[str, Answers] = json.loads(FILE.read_text(encoding="utf-8"))
    names = {name for row in rows.values() for name in row}
    return {name: {what: row[name] for what, row in rows.items() if name in row} for name in names}


def write(found: dict[str, Answers]) -> None:
    """Write columns: a row for each attempt, in the order in which they are tried."""
    attempts = list(dict.fromkeys(what for answers in found.values() for what in answers))
    names = sorted(found)
    rows = {
        what: {name: found[name][what] for name in names if what in found[name]}
        for what in attempts
    }
    FILE.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure what can be measured here; keep the rest."""
    there = read() if FILE.exists() else {}
    for name in choice.NAMES:
        if name == choice.COMPOSE and not choice.docker_answers():
            continue
        there |= columns.measure(choice.load(name))
    write(there)


if __name__ == "__main__":
    main()
