"""The scenario of a finding: it fails now, and passes once the program is mended."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.scenario.of_programs import Expected, program_name
from lab.sweep.findings import Finding
from lab.sweep.outcomes import OutcomeKind
from lab.sweep.subject import ProgramsSubject, Subject

_FIRST = "1"  # the name of the client's program among those without one
_NO_TRACEBACK = r"\A(?![\s\S]*Traceback \(most recent call last\))"
_STILL_SERVES = "100ms"


def text(
    subject: Subject, found: Finding, outputs: Mapping[tuple[str, str], str], folder: Path
) -> str | None:
    """Return the file, to stand in a folder; None where nothing says what a mended program does.

    `outputs` are those of the clean runs, by the host and the name of the program.
    """
    if not isinstance(subject, ProgramsSubject):
        return subject.text(found.fault, folder)
    programs = subject.with_fault(found.fault, folder)
    is_client = found.program == programs.host
    clean = outputs.get((programs.host, _FIRST), "")
    changes = _of_client(found.kind, clean) if is_client else _of_server(found, outputs)
    if found.kind is OutcomeKind.DEAF:
        changes = {"again_expected": {"exit": 0, "output": clean}}
    if changes is None:
        return None
    return replace(programs, title=found.sentence, shows=found.detail, **changes).text


def _of_client(kind: OutcomeKind, clean: str) -> dict[str, Any] | None:
    """Return what the client must come to, and that there is no second exchange."""
    expected: dict[OutcomeKind, Expected] = {
        OutcomeKind.HANG: {"exit": "any"},
        OutcomeKind.CRASH: {"exit": "any", "errors_match": _NO_TRACEBACK},
        OutcomeKind.WRONG_OUTPUT: {
            "exit": "any",
            "output_matches": rf"\A(?:{re.escape(clean)})?\Z",
        },
        OutcomeKind.ERROR: {"exit": 0, "output": clean},
    }
    return {"expected": expected[kind], "again": False} if kind in expected else None


def _of_server(found: Finding, outputs: Mapping[tuple[str, str], str]) -> dict[str, Any] | None:
    """Return a last step: the server goes on, and has done nothing twice."""
    name = program_name(found.program)
    more: Expected = {}
    if found.kind is OutcomeKind.WRONG_OUTPUT:
        more = {"output_matches": _no_more_lines_than(outputs.get((found.program, name), ""))}
    elif found.kind is not OutcomeKind.CRASH:
        return None
    return {"last": [{"collect": name, "blocks": _STILL_SERVES, **more}]}


def _no_more_lines_than(output: str) -> str:
    """Return a pattern of texts in which no line stands more often than in this one."""
    lines: Sequence[str] = output.splitlines()
    never = [
        rf"(?!(?:[\s\S]*^{re.escape(line)}$){{{lines.count(line) + 1}}})"
        for line in dict.fromkeys(lines)
    ]
    return rf"(?m)\A{''.join(never)}"
