"""`lab up` beside bare `docker compose up`, on the same file, with their downs, in turn.

Owns the measurement. Both wait for every health check, and both find the images built.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.own_lab import ROOT, new_name
from bench.spread import Spread, ratios, spread
from lab.engines.base import Progress
from lab.engines.compose import RUN_BY, wire
from lab.engines.compose.command import compose
from lab.engines.compose.engine import ComposeEngine
from lab.errors import EngineError

ROUNDS = 5
QUICK_ROUNDS = 3
_FILE = ROOT / "compose.yaml"
_LONGEST_S = 180


@dataclass(frozen=True)
class Row:
    """One way; the ratios are against the bare way of the same round."""

    way: str
    up_s: Spread
    down_s: Spread
    up_to_bare: Spread
    down_to_bare: Spread


@dataclass(frozen=True)
class Start:
    """All of the measurement."""

    rounds: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Way:
    name: str
    up: Callable[[], object]
    down: Callable[[], object]


def measure(progress: Progress, *, quick: bool) -> Start:
    """Bring each up and down, in turn. Each has a name of its own, guarded throughout."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    engine = ComposeEngine()
    bare_name, lab_name = new_name(), new_name()
    with engine.guarded(bare_name), engine.guarded(lab_name):
        progress("start: building images", "")
        compose(bare_name, ["--file", str(_FILE), "build"])
        ways = (_bare(bare_name), _lab(lab_name))
        ups: dict[str, list[float]] = {way.name: [] for way in ways}
        downs: dict[str, list[float]] = {way.name: [] for way in ways}
        for number in range(1, rounds + 1):
            for way in ways:
                progress(f"start: round {number} of {rounds}", way.name)
                ups[way.name].append(_seconds(way.up))
                downs[way.name].append(_seconds(way.down))
    bare = ways[0].name
    rows = [
        Row(
            way.name,
            spread(ups[way.name]),
            spread(downs[way.name]),
            ratios(ups[way.name], ups[bare]),
            ratios(downs[way.name], downs[bare]),
        )
        for way in ways
    ]
    return Start(rounds, tuple(rows))


def _bare(name: str) -> _Way:
    # The file's own addresses may be taken by another lab.
    environment = next(iter(wire.environments(name)))

    def run(*words: str) -> str:
        return compose(name, ["--file", str(_FILE), *words], environment=environment)

    return _Way(
        "docker compose up --detach --wait",
        up=lambda: run("up", "--detach", "--wait"),
        down=lambda: run("down", "--volumes"),
    )


def _lab(name: str) -> _Way:
    def run(*words: str) -> None:
        _run([str(Path(sys.executable).with_name("lab")), *words], name)

    return _Way(
        "lab up --no-build",
        up=lambda: run("up", "--no-build", "--file", str(_FILE), "--name", name),
        down=lambda: run("down", name),
    )


def _run(argv: Sequence[str], name: str) -> None:
    """Run a command to its end. Marked as the lab's, so that the guard ends it if we are killed."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            env={**os.environ, RUN_BY: name},
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise EngineError(str(error), argv=argv) from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        raise EngineError(said[-1], argv=argv, exit_status=done.returncode, stderr=done.stderr)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
