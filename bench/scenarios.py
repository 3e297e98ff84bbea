"""What scenarios cost: the whole catalogue on each engine, and one that does next to nothing.

Owns the measurement. How much of a run is waiting for what the scenario does (a kernel's timer, a
delay) and how much is the lab's own is read from its events (lab.evidence.waiting).
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench import mininet
from bench.own_lab import new_name
from bench.spread import Spread, ratios, spread
from bench.turns import seconds
from lab.api.engine import Engine, Progress
from lab.engines import choice
from lab.engines.compose.compose_cli import compose
from lab.errors import EngineError
from lab.evidence import event_file, waiting
from lab.runner import pool, run, topology
from lab.runner.run import Outcome
from lab.scenario import catalogue
from lab.scenario.model import Scenario
from lab.scenario.reader import read

ROUNDS = 10
QUICK_ROUNDS = 3
JOBS = 3
_QUICK_TOPIC = "unix"
_HOSTS = ("server", "client")
_EMPTY = """\
title: Next to nothing
shows: what a scenario costs
hosts: [server, client]
steps:
  - {on: client, call: gethostname, gives: client}
"""


@dataclass(frozen=True)
class All:
    """All scenarios on one engine, so many at a time: seconds of the clock.

    `runs_s` is the sum of what each took, `waited_s` of what each waited for, `own_s` the spread of
    the rest: what the lab itself took of a run. `bad` names those that were not PASS.
    """

    engine: str
    scenarios: int
    jobs: int
    total_s: float
    runs_s: float
    waited_s: float
    own_s: Spread
    bad: tuple[str, ...]


@dataclass(frozen=True)
class Empty:
    """One way to have two hosts up, something done, and down; ratio: to the first way's round."""

    way: str
    total_s: Spread
    to_base: Spread


@dataclass(frozen=True)
class Scenarios:
    """All of the measurement. `left_out` says in a line each what is not measured, and why."""

    rounds: int
    empty: tuple[Empty, ...]
    catalogue: tuple[All, ...]
    left_out: tuple[str, ...]


class _Quiet:
    """Hears of the runs, and shows only which one it is."""

    def __init__(self, progress: Progress, engine: str, total: int) -> None:
        self._progress, self._engine, self._total = progress, engine, total
        self._done = 0

    def began(self, number: int, scenario: Scenario) -> None:
        del number
        doing = f"scenarios: {self._engine}, {self._done} of {self._total}"
        self._progress(doing, scenario.name)

    def doing(self, number: int, doing: str, detail: str) -> None:
        pass

    def step(self, *_step: Any) -> None:
        pass

    def ended(self, number: int, outcome: Outcome) -> None:
        del number, outcome
        self._done += 1


def measure(progress: Progress, *, quick: bool) -> Scenarios:
    """Run an empty one in turn with its neighbours, then all of the catalogue on each engine."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    no_mininet = mininet.why_not()
    no_docker = "" if choice.docker_answers() else "Docker is left out: no answer."
    names = [choice.NAMESPACES] if no_docker else [choice.NAMESPACES, choice.COMPOSE]
    engines = [choice.load(name) for name in names]
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        path = folder / "empty.yaml"
        path.write_text(_EMPTY, encoding="utf-8")
        empty = read(path)
        ways: dict[str, Callable[[], float]] = {
            f"lab run, {one.name}": partial(_run, one, empty, folder) for one in engines
        }
        if not no_mininet:
            ways["Mininet up and down"] = _mininet
        if not no_docker:
            bare = held.enter_context(_bare_compose(engines[-1], progress))
            ways["docker compose up and down"] = bare
        rows = _in_turn(ways, rounds, progress)
        paths = catalogue.paths(_QUICK_TOPIC) if quick else catalogue.paths()
        found = [read(one) for one in paths]
        whole = tuple(_all(one, found, folder, progress) for one in engines)
    left_out = tuple(filter(None, (no_mininet, no_docker)))
    return Scenarios(rounds, rows, whole, left_out)


def _run(engine: Engine, scenario: Scenario, folder: Path) -> float:
    outcomes: list[Outcome] = []
    show, progress = (lambda *_: None), (lambda _doing, _detail: None)
    took_s = seconds(
        lambda: outcomes.append(run.run(engine, scenario, folder, show=show, progress=progress))
    )
    if outcomes[0].verdict != "PASS":
        text = f"the empty scenario on {engine.name}: {outcomes[0].verdict}"
        raise EngineError(text)
    return took_s


def _mininet() -> float:
    turn = mininet.once(len(_HOSTS))  # by the clock of its own process
    return turn.up_s + turn.down_s


@contextmanager
def _bare_compose(engine: Engine, progress: Progress) -> Iterator[Callable[[], float]]:
    """Give bare `docker compose` on the same file as the lab makes of such a scenario."""
    name = new_name()
    text = topology.bare(_HOSTS, engine.bare_image(progress))
    with topology.in_memory(text, "bench") as file, engine.guarded(name):

        def up_and_down() -> None:
            compose(name, ["--file", str(file), "up", "--detach", "--wait"])
            compose(name, ["--file", str(file), "down"])

        yield lambda: seconds(up_and_down)


def _in_turn(
    ways: dict[str, Callable[[], float]], rounds: int, progress: Progress
) -> tuple[Empty, ...]:
    took_s: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1, rounds + 1):
        for name, once in ways.items():
            progress(f"scenarios: an empty one, round {number} of {rounds}", name)
            took_s[name].append(once())
    base = next(iter(took_s.values()))
    return tuple(Empty(name, spread(times), ratios(times, base)) for name, times in took_s.items())


def _all(engine: Engine, scenarios: list[Scenario], folder: Path, progress: Progress) -> All:
    watch = _Quiet(progress, engine.name, len(scenarios))
    outcomes: list[Outcome] = []
    results = folder / engine.name
    total_s = seconds(
        lambda: outcomes.extend(pool.run_all(engine, scenarios, results, jobs=JOBS, observer=watch))
    )
    waited_s = [waiting.waited_s(event_file.read(one.folder)) for one in outcomes]
    return All(
        engine=engine.name,
        scenarios=len(outcomes),
        jobs=JOBS,
        total_s=total_s,
        runs_s=sum(one.took_s for one in outcomes),
        waited_s=sum(waited_s),
        own_s=spread(one.took_s - waited for one, waited in zip(outcomes, waited_s, strict=True)),
        bad=tuple(f"{one.scenario}: {one.verdict}" for one in outcomes if one.verdict != "PASS"),
    )
