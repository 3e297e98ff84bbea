"""`lab up` on both engines beside bare `docker compose up`, on the same file, with their downs.

Owns the measurement. All wait for every health check, and those with images find them built.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.own_lab import ROOT, new_name
from bench.turns import Row, Way, in_turn, timed
from lab.api.engine import Progress
from lab.engines import choice
from lab.engines.compose import RUN_BY, address_pool
from lab.engines.compose.compose_cli import compose
from lab.engines.compose.engine import ComposeEngine
from lab.errors import EngineError

ROUNDS = 5
QUICK_ROUNDS = 3
_FILE = ROOT / "compose.yaml"
_LONGEST_S = 180


@dataclass(frozen=True)
class Start:
    """All of the measurement; the ratios of the rows are against the first, the bare one."""

    rounds: int
    rows: tuple[Row, ...]


def measure(progress: Progress, *, quick: bool) -> Start:
    """Bring each up and down, in turn. Each has a name of its own, guarded throughout."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    engine = ComposeEngine()
    bare_name, compose_name, namespaces_name = new_name(), new_name(), new_name()
    with (
        engine.guarded(bare_name),
        engine.guarded(compose_name),
        # For its reaper: after SIGKILL that ends whatever carries our mark, supervisors too.
        engine.guarded(namespaces_name),
        _taken_down(namespaces_name),
    ):
        progress("start: building images", "")
        compose(bare_name, ["--file", str(_FILE), "build"])
        ways = (
            _bare(bare_name),
            _lab(compose_name, choice.COMPOSE, "--no-build"),
            _lab(namespaces_name, choice.NAMESPACES),
        )
        return Start(rounds, tuple(in_turn(ways, rounds, "start", progress)))


@contextmanager
def _taken_down(name: str) -> Iterator[None]:
    """Take the lab down that a command has left on the engine `namespaces`, when the block ends."""
    try:
        yield
    finally:
        for lab in choice.load(choice.NAMESPACES).labs():
            if lab.name == name:
                lab.down(progress=lambda _doing, _detail: None)


def _bare(name: str) -> Way:
    # The file's own addresses may be taken by another lab.
    environment = next(iter(address_pool.environments(name)))

    def run(*words: str) -> None:
        compose(name, ["--file", str(_FILE), *words], environment=environment)

    up, down = partial(run, "up", "--detach", "--wait"), partial(run, "down", "--volumes")
    return Way("docker compose up --detach --wait", "", lambda: timed(up, down))


def _lab(name: str, engine: str, *options: str) -> Way:
    def run(*words: str) -> None:
        _run([str(Path(sys.executable).with_name("lab")), *words], name)

    words = ("--engine", engine, *options)
    up = partial(run, "up", *words, "--file", str(_FILE), "--name", name)
    down = partial(run, "down", name)
    return Way(" ".join(("lab up", *words)), "", lambda: timed(up, down))


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
