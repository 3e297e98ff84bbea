"""The agents of a lab: the tests' own look at what holds its wires, and its end by force."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import docker

from tests.integration.left import left_of


def agents_of(name: str) -> Sequence[str]:
    """Return the lab's agents: containers, or `PID: COMMAND`."""
    return [one for one in left_of(name) if one.endswith("-agent") or "supervisor/agents" in one]


def kill_agents(name: str) -> None:
    """End them as the kernel ends a process that takes too much memory."""
    _signal(name, signal.SIGKILL)


@contextmanager
def stopped_agents(name: str) -> Iterator[None]:
    """Let them do nothing for a while, as if the machine had no time for them."""
    _signal(name, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(name, signal.SIGCONT)


def _signal(name: str, number: signal.Signals) -> None:
    for agent in agents_of(name):
        pid, colon, _ = agent.partition(": ")
        if colon:
            os.kill(int(pid), number)
        else:
            client = docker.from_env()
            try:
                client.containers.get(agent).kill(number.name)
            finally:
                client.close()
