"""The command `lab` as a process, as a person or a program runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.helpers import LONGEST_S, ROOT

TOPOLOGIES = Path(__file__).parent / "topologies"
PAIR = str(TOPOLOGIES / "pair.yaml")
ARGV = (sys.executable, "-m", "lab")


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start `lab ARGUMENTS`; it does not end here."""
    return subprocess.Popen(
        [*ARGV, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(
    *arguments: str,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
    longest_s: float = LONGEST_S,
) -> subprocess.CompletedProcess[str]:
    """Run `lab ARGUMENTS` to its end."""
    return subprocess.run(
        [*ARGV, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=longest_s,
        check=False,
        input=stdin,
    )


def run_json(*arguments: str) -> Any:
    """Run `lab ARGUMENTS --json`; return what it printed."""
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Assert that it was bad input: status 2, nothing printed; return its one line."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    # Before the line there may be progress, which says how many seconds have passed.
    lines = [line for line in done.stderr.splitlines() if " s  " not in line[:10]]
    assert len(lines) == 1, done.stderr
    return lines[0]
