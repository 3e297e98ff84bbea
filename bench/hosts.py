"""N hosts up and down: on the engine `namespaces`, on Mininet and with `docker compose`, in turn.

Owns what is compared, and how: each has N hosts on one bridge, with a program able to run in each,
which the last one proves before it goes down. Ours also has one running in each; Mininet a shell.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import mininet
from bench.many import compose_file, host_name
from bench.own_lab import ROOT, new_name
from bench.turns import Row, Turn, Way, in_turn, seconds, timed
from lab.api.engine import Engine, Progress
from lab.api.lab import Lab
from lab.engines import choice
from lab.engines.compose.compose_cli import compose
from lab.errors import EngineError
from lab.model import ComposeFiles

SIZES = (2, 20, 100)
QUICK_SIZES = (2, 20)
ROUNDS = 5
QUICK_ROUNDS = 3
# A size of which every way is quick enough to be waited for.
_COMPOSE_SIZE = 2


@dataclass(frozen=True)
class Group:
    """So many hosts; the ratios of its rows are against the first, the engine `namespaces`."""

    hosts: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Hosts:
    """All of the measurement. `left_out` says in a line each what is not measured, and why."""

    rounds: int
    groups: tuple[Group, ...]
    left_out: tuple[str, ...]


def measure(progress: Progress, *, quick: bool) -> Hosts:
    """Bring all up and down, in turn; each lab is guarded while it is there."""
    rounds, sizes = (QUICK_ROUNDS, QUICK_SIZES) if quick else (ROUNDS, SIZES)
    no_mininet = mininet.why_not()
    no_docker = "" if choice.docker_answers() else "docker compose is left out: no answer."
    with ExitStack() as held:
        ways: list[Way] = []
        for count in sizes:
            group = f"{count} hosts,"
            file = held.enter_context(compose_file(count))
            ways.append(Way("namespaces", group, partial(_namespaces, file, count)))
            if not no_mininet:
                ways.append(Way("Mininet", group, partial(mininet.once, count)))
            if not no_docker and count == _COMPOSE_SIZE:
                ways.append(held.enter_context(_compose(file, group, progress)))
        rows = in_turn(ways, rounds, "hosts", progress)
    groups = tuple(_group(count, ways, rows) for count in sizes)
    return Hosts(rounds, groups, tuple(filter(None, (no_mininet, no_docker))))


def _group(count: int, ways: Sequence[Way], rows: Sequence[Row]) -> Group:
    here = f"{count} hosts,"
    return Group(
        count, tuple(row for way, row in zip(ways, rows, strict=True) if way.group == here)
    )


def _quiet(_doing: str, _detail: str) -> None:
    """Take the progress of what is timed: to show it would be timed as well."""


def _namespaces(file: Path, count: int) -> Turn:
    """Bring a lab up and down. The guard holds its lifeline until it is down."""
    engine = choice.load(choice.NAMESPACES)
    name = new_name()
    with engine.guarded(name):
        labs: list[Lab] = []
        up_s = seconds(lambda: labs.append(_up(engine, file, name)))
        _prove(labs[0], count)
        return Turn(up_s, seconds(lambda: labs[0].down(progress=_quiet)))


def _up(engine: Engine, file: Path, name: str) -> Lab:
    # Not runner.up: it lets go of the lifeline when the lab is up.
    return engine.up(ComposeFiles((file,)), name, build=False, progress=_quiet)


def _prove(lab: Lab, count: int) -> None:
    """Run a program in the last host; EngineError when it cannot."""
    host = lab.host(host_name(count))
    done = host.run(["true"], timeout_s=30)
    if done.exit_status:
        text = f"{host.name} of {count}: true: {done.stderr.decode(errors='replace').strip()}"
        raise EngineError(text, exit_status=done.exit_status)


@contextmanager
def _compose(file: Path, group: str, progress: Progress) -> Iterator[Way]:
    """Give the way with bare `docker compose`, with the image built, guarded throughout."""
    name = new_name()

    def run(*words: str) -> None:
        compose(name, ["--file", str(file), *words])

    with choice.load(choice.COMPOSE).guarded(name):
        progress("hosts: building the image", "")
        compose(name, ["--file", str(ROOT / "compose.yaml"), "build", "server"])
        up, down = partial(run, "up", "--detach", "--wait"), partial(run, "down")
        yield Way("docker compose", group, lambda: timed(up, down))
