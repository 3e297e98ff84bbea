"""What is left of a lab: the tests' own look, independent of the code that cleans up."""

import contextlib
from pathlib import Path

import docker

from tests.waiting import wait_until


def left_of(name: str) -> list[str]:
    """Return the lab's containers, networks, volumes and the processes that work for it."""
    client = docker.from_env()
    try:
        containers = [c.name or "" for c in client.containers.list(all=True, ignore_removed=True)]
        networks = [str(n.name) for n in client.networks.list()]
        volumes = [str(v.name) for v in client.volumes.list()]
    finally:
        client.close()
    things = [thing for thing in containers + networks + volumes if thing.startswith(name)]
    return things + _processes_of(name)


def _processes_of(name: str) -> list[str]:
    found = []
    for command_line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = command_line.read_bytes().decode(errors="replace").split("\0")
            if any("compose" in word for word in words) and name in words:
                found.append(f"{command_line.parent.name}: {' '.join(words)}")
    return found


def assert_nothing_left(name: str, within_s: float = 0) -> None:
    """Fail unless nothing of the lab is there, now or within some seconds."""
    if within_s:
        wait_until(lambda: not left_of(name), f"nothing left of {name}", within_s)
    assert left_of(name) == []
