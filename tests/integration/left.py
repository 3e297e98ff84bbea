"""What is left of a lab: the tests' own look, independent of the code that cleans up."""

import contextlib
from functools import cache
from pathlib import Path

import docker

from lab.engines import choice
from lab.engines.namespaces import MARK
from tests.waiting import wait_until

_LOOKS = 3


def left_of(name: str) -> list[str]:
    """Return the lab's containers, networks, volumes, processes and sockets.

    Namespaces, interfaces and mounts of the engine `namespaces` live in its processes.
    """
    return _in_docker(name) + processes_of(name) + _sockets_of(name)


def _in_docker(name: str) -> list[str]:
    if not choice.docker_answers():
        return []
    api = _client().api
    # Not containers.list: that asks for each, and this is asked again and again.
    containers = [
        name.removeprefix("/") for one in api.containers(all=True) for name in one["Names"] or ()
    ]
    networks = [one["Name"] for one in api.networks()]
    volumes = [one["Name"] for one in api.volumes()["Volumes"] or ()]
    return [thing for thing in containers + networks + volumes if thing.startswith(name)]


@cache
def _client() -> docker.DockerClient:
    return docker.from_env()


def processes_of(name: str) -> list[str]:
    """Return `PID: COMMAND` of every process that is of the lab, or works for it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            marks = (process / "environ").read_bytes().split(b"\0")
            works_for_it = name in words and any("compose" in word for word in words)
            talks = any(word.startswith(f"{name}-") and word.endswith("-agent") for word in words)
            if works_for_it or talks or f"{MARK}={name}".encode() in marks:
                found.append(f"{process.name}: {' '.join(words)}")
    return found


def _sockets_of(name: str) -> list[str]:
    lines = Path("/proc/net/unix").read_text(errors="replace").split("\n")
    return [line.split()[-1] for line in lines if line.endswith(f"/{name}")]


def assert_nothing_left(name: str, within_s: float = 0) -> None:
    """Fail unless nothing of the lab is there, now or within some seconds."""
    if within_s:
        # A look at /proc takes its time, and misses a process that forks and ends meanwhile.
        looks = range(_LOOKS)
        wait_until(
            lambda: not any(left_of(name) for _ in looks), f"nothing left of {name}", within_s
        )
    assert left_of(name) == []
