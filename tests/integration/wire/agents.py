"""The agents of a lab: the tests' own look at what holds its wires, and its end by force."""

import os
import signal
from collections.abc import Sequence

import docker

from tests.integration.left import left_of


def agents_of(name: str) -> Sequence[str]:
    """Return the lab's agents: containers, or `PID: COMMAND`."""
    return [one for one in left_of(name) if one.endswith("-agent") or "agent_starter" in one]


def kill_agents(name: str) -> None:
    """End them as the kernel ends a process that takes too much memory."""
    for agent in agents_of(name):
        pid, colon, _ = agent.partition(": ")
        if colon:
            os.kill(int(pid), signal.SIGKILL)
        else:
            client = docker.from_env()
            try:
                client.containers.get(agent).kill("SIGKILL")
            finally:
                client.close()
