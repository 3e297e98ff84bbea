"""The tables of docs/security.md, made of the golden answers: `python -m ...confinement.page`.

What stands between its marks is replaced; all else of the page is written by hand.
"""

from pathlib import Path
from typing import NamedTuple

from lab.engines import choice
from tests.robustness.confinement import golden
from tests.robustness.confinement.columns import LAB, Answers

FILE = Path(__file__).parents[3] / "docs" / "security.md"
BEGIN = "<!-- Made of tests/data/confinement.json by: make generated. Do not edit. -->\n"
END = "<!-- The end of what is made. -->\n"
# Why the engines differ: each attempt in which they do, in the order of the table.
REASONS = {
    "capabilities: held": "without Docker no program has a right over its host's network",
    "capabilities: bounding set": "the same; and the user `lab` can never have any capability",
    "new privileges by set-user-ID": "without Docker never; with it `security_opt` decides",
    "write to /etc": "with Docker a host has files of its own; without, the machine's, read-only",
    "read what anybody may read on the machine": "the same",
    "make a device": "the kernel lets only the machine's root make one; Docker, to whom it may be",
    "a raw socket": "as for the capability NET_RAW",
    "a packet socket": "the same",
    "trace process 1": "with Docker that is the host's own; without, it is the lab's",
    "read the environment of process 1": "the same",
    "signal the agent on the wire": "Docker's sidecar is in the host's pid namespace",
}
_COLUMNS = (choice.COMPOSE, choice.NAMESPACES)
_REFUSED = {"no", "not there", "no effect"}


class Row(NamedTuple):
    """An attempt, and the different answers to it: by engine, of the user `lab` and of root."""

    what: str
    cells: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


def rows() -> list[Row]:
    """Return a row for each attempt, in the order in which they are tried."""
    columns = golden.read()
    attempts = next(iter(columns.values()))
    return [
        Row(
            what,
            tuple(
                (
                    _answers(columns, engine, what, is_lab=True),
                    _answers(columns, engine, what, is_lab=False),
                )
                for engine in _COLUMNS
            ),
        )
        for what in attempts
    ]


def _answers(
    columns: dict[str, Answers], engine: str, what: str, *, is_lab: bool
) -> tuple[str, ...]:
    found = (
        answers[what]
        for name, answers in sorted(columns.items())
        if name.split(", ")[0] == engine and (name.split(", ")[1] == LAB) == is_lab
    )
    return tuple(dict.fromkeys(found))


def differing() -> list[Row]:
    """Return the rows in which one engine lets a user do what the other does not."""
    return [row for row in rows() if len({tuple(map(_meaning, of)) for of in row.cells}) > 1]


def _meaning(answers: tuple[str, ...]) -> frozenset[str]:
    return frozenset("no" if a in _REFUSED or a.startswith("E") else a for a in answers)


def made(page: str) -> str:
    """Return the page with the tables as they are now."""
    head, *parts = page.split(BEGIN)
    tails = [part.partition(END)[2] for part in parts]
    tables = (_table(differing(), REASONS), _table(rows(), {}))
    return head + "".join(
        f"{BEGIN}\n{table}\n{END}{tail}" for table, tail in zip(tables, tails, strict=True)
    )


def _table(of: list[Row], reasons: dict[str, str]) -> str:
    heads = ["a program tries", "Docker: `lab`", "Docker: root", "without: `lab`", "without: root"]
    if reasons:
        heads.append("why")
    lines = [_line(heads), _line(["---"] * len(heads))]
    for row in of:
        cells = [" or ".join(map(_shown, answers)) for pair in row.cells for answers in pair]
        lines.append(_line([row.what, *cells, *filter(None, [reasons.get(row.what)])]))
    return "\n".join(lines) + "\n"


def _shown(answer: str) -> str:
    if answer.isupper() and " " in answer:  # a list of capabilities
        without = {"NET_BIND_SERVICE", "NET_RAW"} - set(answer.split())
        return "Docker's, but not " + ", ".join(sorted(without)) if without else "Docker's"
    return answer


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    FILE.write_text(made(FILE.read_text(encoding="utf-8")), encoding="utf-8")
