"""The tracer as a program (`python -m lab.agent.tracing`), and what it has printed."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"
WITHIN_S = 60
Call = Mapping[str, Any]


class Traced(NamedTuple):
    """What a traced program printed, and what was seen of it."""

    output: str
    exit_status: int
    calls: Sequence[Call]
    notices: Sequence[Mapping[str, Any]]

    def of(self, *names: str) -> list[Call]:
        """Return the calls of these names, in the order in which they ended."""
        return [call for call in self.calls if call["call"] in names]

    def one(self, name: str) -> Call:
        """Return the only call of a name."""
        (call,) = self.of(name)
        return call

    def counts(self) -> Counter[str]:
        """Return how many calls there are of each name."""
        return Counter(call["call"] for call in self.calls)


def argv(output: Path, *options: str) -> list[str]:
    """Return the tracer's command; what it sees goes to a file."""
    return [sys.executable, "-m", "lab.agent.tracing", "--output", str(output), *options]


def read(output: Path) -> tuple[list[Call], list[Mapping[str, Any]]]:
    """Return the calls and the notices of such a file."""
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    return (
        [line for line in lines if line["kind"] == "call"],
        [line for line in lines if line["kind"] == "notice"],
    )


def trace(
    folder: Path,
    *program: str,
    faults: Sequence[Mapping[str, Any]] = (),
    filtered: bool = True,
    stdin: int = subprocess.DEVNULL,
) -> Traced:
    """Trace a program until it ends."""
    output = folder / "calls"
    options = [word for one in faults for word in ("--fault", json.dumps(one))]
    if not filtered:
        options.append("--unfiltered")
    done = subprocess.run(
        [*argv(output, *options), "--", *program],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return Traced(done.stdout, done.returncode, *read(output))


def python(name: str, *arguments: str) -> list[str]:
    """Return the command of a program of `programs/`."""
    return [sys.executable, "-S", str(PROGRAMS / f"{name}.py"), *arguments]


def code(text: str) -> list[str]:
    """Return the command of a program that is a few lines."""
    return [sys.executable, "-S", "-c", text]


def state(pid: int) -> str:
    """Return the state of a process, as ps(1) has it; "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def end(pid: int) -> None:
    """End a process, if it is there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
