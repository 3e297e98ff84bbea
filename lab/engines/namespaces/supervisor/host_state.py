"""What the supervisor knows of a host: the state of its life, of its network and of its health.

What may happen in which state is for `lab.engines.lifecycle`.
"""

import socket
from typing import Any

from lab.engines import lifecycle, startup_errors
from lab.engines.lifecycle import CREATED, EXITED, PAUSE, RESUME, RUNNING, START
from lab.engines.namespaces.spec import HostSpec
from lab.engines.namespaces.supervisor.outputs import Outputs


class HostState:
    """A host. `state` is its life's, in the words of `lab.engines.lifecycle`."""

    def __init__(self, number: int, spec: HostSpec, outputs: Outputs) -> None:
        self.number = number
        self.generation = 0  # how often it has been made
        self.spec = spec
        self.outputs = outputs
        self.state = CREATED
        self.start_requested = False
        self.restarting = False
        self.health = "starting" if spec.health and spec.argv else None
        self.health_output = ""  # of the health check that made it what it is
        # Has its program run for a while? What has a health check, or no program, need not.
        self.proven = bool(spec.health) or startup_errors.cannot_fail(spec.argv)
        self.ready = False
        self.connected = True
        self.connecting = False  # its new end of the veth pair has no address yet
        self.error = ""  # why its init failed, or could not connect it
        # Of its init, in the supervisor's pid namespace and in the one of the machine.
        self.pid = 0
        self.outer_pid = 0
        self.channel: socket.socket | None = None
        self.status: int | None = None

    def on_message(self, message: dict[str, Any]) -> None:
        """Take note of an event that its init reports, while it runs."""
        event = message["event"]
        if event == "ready":
            self.ready = True
        elif event == "health":
            self.health, self.health_output = message["health"], message["output"]
        elif event == "proven":
            self.proven = True
        elif event == "connected":
            self.connecting, self.error = False, message["error"]
        else:
            assert event in {START, PAUSE, RESUME}
            self.state = lifecycle.after(self.state, event)

    def spawned(self, pid: int, channel: socket.socket) -> None:
        """Take note of a new init."""
        self.pid, self.channel, self.ready, self.status = pid, channel, False, None

    def exited(self, status: int) -> None:
        """Take note of the end of its program, and so of its init and its namespaces."""
        self.outputs.end()
        self.state = lifecycle.after(self.state, lifecycle.EXIT)
        self.status, self.outer_pid = status, 0
        self.health = None if self.health is None else "unhealthy"
        self.connecting = False

    def restarted(self) -> None:
        """Take note that it is to be made again."""
        self.state = lifecycle.after(self.state, lifecycle.RESTART)
        self.restarting, self.start_requested, self.error = False, False, ""
        self.health = "starting" if self.spec.health and self.spec.argv else None

    @property
    def network_state(self) -> str:
        """Return how it is attached to its networks, in the words of `lab.engines.lifecycle`."""
        if not self.spec.interfaces:
            return lifecycle.NO_NETWORK
        if self.connecting:
            return lifecycle.CONNECTING
        return lifecycle.CONNECTED if self.connected else lifecycle.DISCONNECTED

    @property
    def started(self) -> bool:
        """Has its program been started (and perhaps ended)?"""
        return self.start_requested or self.state != CREATED

    @property
    def is_left(self) -> bool:
        """Has its program been started, and not ended?"""
        return self.started and self.state != EXITED

    def addresses(self) -> list[str]:
        """Return its addresses, none while it has no network."""
        if not self.connected or not self.is_left:
            return []
        found = [ip for i in self.spec.interfaces for ip in (i.ipv4, i.ipv6) if ip]
        return [address.partition("/")[0] for address in found]

    def meets(self, condition: str) -> bool:
        """Tell whether a host that depends on this one, with this condition, may start."""
        if condition == "service_healthy":
            return self.health == "healthy" or (self.state == RUNNING and not self.spec.argv)
        if condition == "service_completed_successfully":
            return self.state == EXITED and self.status == 0
        return self.started
