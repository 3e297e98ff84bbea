"""Finds the processes that get the signals: by what the kernel shows of them, as anybody could."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import docker
from docker.errors import APIError

from tests import leftovers


class Process(NamedTuple):
    """A process of the storm."""

    pid: int
    parent: int
    words: str


class Scene(NamedTuple):
    """A command that goes on: its process, the mark of all that it has started, its labs."""

    pid: int
    mark: str
    labs: Sequence[str]


Victims = Callable[[Scene], list[int]]


def processes(scene: Scene) -> Iterator[Process]:
    """Yield the processes that the command has started, and itself."""
    for line in leftovers.processes_of(scene.mark):
        pid, _, words = line.removeprefix("process ").partition(": ")
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has just ended
            continue
        yield Process(int(pid), int(stat.rpartition(")")[2].split()[1]), words)


def command(scene: Scene) -> list[int]:
    return [scene.pid]


def worker(scene: Scene) -> list[int]:
    """The forks of the command, which are called as it is."""
    return [
        one.pid
        for one in processes(scene)
        if one.parent == scene.pid and " -m lab run " in one.words
    ]


def _supervisors(scene: Scene) -> list[Process]:
    return [one for one in processes(scene) if "supervisor/__main__.py" in one.words]


def _is_first(pid: int) -> bool:
    """Is it process 1 of its pid namespace (pid_namespaces(7))?"""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False
    return next(li for li in status.splitlines() if li.startswith("NSpid:")).split()[-1] == "1"


def supervisor(scene: Scene) -> list[int]:
    return [one.pid for one in _supervisors(scene) if _is_first(one.pid)]


def agent(scene: Scene) -> list[int]:
    """The supervisor's children that are no host's: each was left to it."""
    found = _supervisors(scene)
    first = {one.pid for one in found if _is_first(one.pid)}
    return [one.pid for one in found if one.parent in first]


def starter(scene: Scene) -> list[int]:
    found = _supervisors(scene)
    first = {one.pid for one in found if _is_first(one.pid)}
    return [one.pid for one in found if one.pid not in first and one.parent not in first]


def init(scene: Scene) -> list[int]:
    return [one.pid for one in processes(scene) if "lab-init" in one.words and _is_first(one.pid)]


def call_server(scene: Scene) -> list[int]:
    return [one.pid for one in processes(scene) if "lab-call-server" in one.words]


def docker_compose(scene: Scene) -> list[int]:
    return [one.pid for one in processes(scene) if "--project-name" in one.words]


def _containers(scene: Scene, meant: Callable[[str], bool]) -> list[int]:
    client = docker.from_env()
    try:
        found = {
            one.name or "": one.attrs["State"].get("Pid", 0)
            for lab in scene.labs
            for one in client.containers.list(filters={"name": lab}, ignore_removed=True)
        }
    finally:
        client.close()
    return [pid for name, pid in found.items() if pid and meant(name)]


def sidecar(scene: Scene) -> list[int]:
    return _containers(scene, lambda name: name.endswith("-agent"))


def container_of_calls(scene: Scene) -> list[int]:
    return _containers(scene, lambda name: "-call-server-" in name)


def container(scene: Scene) -> list[int]:
    return _containers(scene, lambda name: name.endswith("-1"))


def send(pid: int, number: signal.Signals) -> None:
    """Send a process a signal; a container's, which may be another user's, as Docker can."""
    try:
        os.kill(pid, number)
    except PermissionError:
        client = docker.from_env()
        try:
            for one in client.containers.list(ignore_removed=True):
                if one.attrs["State"].get("Pid") == pid:
                    one.kill(signal=number.name)
        except APIError as error:  # it has just ended
            raise ProcessLookupError(str(error)) from error
        finally:
            client.close()
