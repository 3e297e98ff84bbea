"""The tables of calls, faults and traced calls in docs/scenarios.md, made from their declarations.

python -m lab.commands.scenario_tables docs/scenarios.md
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from lab.agent import calls
from lab.agent.tracing import call_names
from lab.agent.wire import impairments
from lab.net.parameters import Parameter

_CALLS = "| call | | parameters |"
_TRACED = "| call | stands for |"
_FAULTS = "| fault | what it does to a packet | parameters |"


def call_rows() -> list[str]:
    """Return the rows of all calls."""
    return [_row(one.name, one.help, one.parameters) for one in calls.table().values()]


def fault_rows() -> list[str]:
    """Return the rows of all impairments."""
    kinds = {name: impairments.load(name) for name in impairments.names()}
    return [_row(name, kind.__doc__ or "", kind.PARAMETERS) for name, kind in kinds.items()]


def traced_rows() -> list[str]:
    """Return the rows of the names that stand for several calls of a traced program."""
    return [
        f"| `{name}` | {', '.join(f'`{one}`' for one in several)} |"
        for name, several in call_names.SEVERAL.items()
    ]


def renewed(page: str) -> str:
    """Return the page with its tables as they are to be. ValueError where one is missing."""
    lines = page.splitlines()
    made = ((_CALLS, call_rows()), (_FAULTS, fault_rows()), (_TRACED, traced_rows()))
    for head, rows in made:
        begin = lines.index(head) + 2
        end = next(at for at in range(begin, len(lines)) if not lines[at].startswith("|"))
        lines[begin:end] = rows
    return "\n".join(lines) + "\n"


def _row(name: str, text: str, parameters: Sequence[Parameter]) -> str:
    first = text.strip().partition("\n")[0].removesuffix(".")
    return f"| `{name}` | {first} | {', '.join(f'`{one.name}`' for one in parameters)} |"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
