"""What gets the signals: the commands of the lab, and every kind of process that works for them."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lab.engines import choice
from tests.integration.command import PAIR
from tests.robustness.storm import victims
from tests.robustness.storm.victims import Victims

SCENARIO = str(Path(__file__).with_name("storm.yaml"))
_KILL, _TERM, _INT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT
ENDS = (_KILL, _TERM, _INT)
# Of a command that a signal has ended; one that was done by then, or had not begun, is as it is.
ENDED = {_KILL: {-9}, _TERM: {143, -15}, _INT: {130, -2}}
# Of a command, one of whose processes others have ended: done all the same, one line that says why
# not, or a run that is UNKNOWN.
_DONE, _REFUSED, _UNKNOWN = 0, 2, 3


class Target(NamedTuple):
    """A kind of process, within a command of the lab on an engine."""

    engine: str
    command: str  # up, down, run, or jobs: several at a time
    victim: str  # `command`: itself
    signals: Sequence[signal.Signals]
    find: Victims

    @property
    def name(self) -> str:
        return f"{self.engine}: {self.command}: {self.victim}"

    def words(self, lab: str, results: Path) -> list[str]:
        """Return the command's words; `lab` is the name of the lab of `up` and `down`."""
        if self.command == "down":
            return ["down", lab]
        engine = ("--engine", self.engine)
        if self.command == "up":
            return ["up", "--file", PAIR, "--name", lab, "--no-build", *engine]
        run = ["run", SCENARIO, *engine, "--results", str(results)]
        return [*run, "--repeat", "2", "--jobs", "2"] if self.command == "jobs" else run

    def allows(self, status: int, number: signal.Signals) -> bool:
        """Tell whether the command may end so after this signal."""
        if self.victim == "command":
            return status in ENDED[number] | {_DONE}
        if self.command in {"up", "down"}:
            return status in {_DONE, _REFUSED}
        return status in {_DONE, _REFUSED, _UNKNOWN}


def _target(
    engine: str, command: str, victim: str, find: Victims, signals: Sequence[signal.Signals]
) -> Target:
    return Target(engine, command, victim, signals, find)


def _of_namespaces() -> Sequence[Target]:
    on = choice.NAMESPACES
    return (
        *(_target(on, command, "command", victims.command, ENDS) for command in _COMMANDS),
        _target(on, "jobs", "worker", victims.worker, ENDS),
        _target(on, "up", "supervisor", victims.supervisor, (_KILL, _TERM)),
        _target(on, "run", "supervisor", victims.supervisor, (_KILL, _TERM)),
        _target(on, "run", "agent", victims.agent, (_KILL, _TERM)),
        _target(on, "run", "starter of agents", victims.starter, (_KILL, _TERM)),
        _target(on, "run", "init of a host", victims.init, (_KILL, _TERM)),
        _target(on, "run", "call server", victims.call_server, (_KILL, _TERM)),
    )


def _of_compose() -> Sequence[Target]:
    on = choice.COMPOSE
    return (
        *(_target(on, command, "command", victims.command, ENDS) for command in _COMMANDS),
        _target(on, "jobs", "worker", victims.worker, ENDS),
        _target(on, "up", "docker compose", victims.docker_compose, (_KILL, _TERM)),
        _target(on, "run", "docker compose", victims.docker_compose, (_KILL, _TERM)),
        _target(on, "run", "agent", victims.sidecar, (_KILL, _TERM)),
        _target(on, "run", "first process of a host", victims.container, (_KILL, _TERM)),
        _target(on, "run", "call server", victims.container_of_calls, (_KILL, _TERM)),
    )


_COMMANDS = ("up", "down", "run", "jobs")
_TARGETS: dict[str, Callable[[], Sequence[Target]]] = {
    choice.NAMESPACES: _of_namespaces,
    choice.COMPOSE: _of_compose,
}


def of(engine: str) -> Sequence[Target]:
    """Return the targets on an engine."""
    return _TARGETS[engine]()
