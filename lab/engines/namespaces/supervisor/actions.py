"""What is done to a host of a lab that is up: a method for each command.

Each begins it, and returns how to tell that it has been done.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from lab.engines import lifecycle
from lab.engines.lifecycle import CONNECT, DISCONNECT, EXITED, KILL, PAUSE, PAUSED, RESUME, RUNNING
from lab.engines.namespaces.host import network
from lab.engines.namespaces.spec import LabSpec
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.network import NetworkSetup
from lab.errors import EngineError

Condition = Callable[[], bool]


class Lab(Protocol):
    """What the request handler and its actions need of the supervisor."""

    lab: LabSpec
    hosts: dict[str, HostState]
    inner: int
    network: NetworkSetup

    def send(self, host: HostState, *, descriptors: Sequence[int] = (), **message: Any) -> None:
        """Send a host's init a message, and descriptors."""

    def restart(self, host: HostState) -> None:
        """End a host's program and start it in a new host."""

    def take_down(self) -> None:
        """Begin to end the lab."""

    def longest_down_s(self) -> float:
        """Return how long that may take."""


class Actions:
    """What is done to hosts."""

    def __init__(self, supervisor: Lab) -> None:
        self._supervisor = supervisor
        self._commands = {
            lifecycle.PAUSE: self._pause,
            lifecycle.RESUME: self._resume,
            lifecycle.KILL: self._kill,
            lifecycle.RESTART: self._restart,
            lifecycle.DISCONNECT: self._disconnect,
            lifecycle.CONNECT: self._connect,
            lifecycle.CALL: self._call,
        }

    def begin(self, command: str, host: HostState, request: dict[str, Any]) -> Condition:
        """Begin it; return what becomes true when it is done, or the host has ended.

        EngineError, which begins with the host's name, when it cannot be done; what is returned
        raises it when it has failed.
        """
        if command not in self._commands:
            raise EngineError(f"{host.spec.name}: cannot {command}: there is no such command")
        if why := lifecycle.refusal(host.spec.name, command, host.state):
            raise EngineError(why)
        try:
            return self._commands[command](host, request)
        except OSError as error:
            raise EngineError(f"{host.spec.name}: {command}: {error.strerror}") from error

    @staticmethod
    def _leads_on(host: HostState, event: str) -> Condition:
        """Return whether the host is where this event leads to from here, or has ended."""
        done = {lifecycle.after(host.state, event), EXITED}
        return lambda: host.state in done

    def _pause(self, host: HostState, _request: dict[str, Any]) -> Condition:
        self._supervisor.send(host, command="pause")
        return self._leads_on(host, PAUSE)

    def _resume(self, host: HostState, _request: dict[str, Any]) -> Condition:
        self._supervisor.send(host, command="resume")
        return self._leads_on(host, RESUME)

    def _kill(self, host: HostState, request: dict[str, Any]) -> Condition:
        if why := lifecycle.signal_refusal(host.spec.name, request["signal"]):
            raise EngineError(why)
        name = f"SIG{request['signal']}"
        self._supervisor.send(host, command="signal", signal=name)
        if host.state == PAUSED:  # as Docker does; the signal is there before the program goes on
            self._supervisor.send(host, command="resume")
        if name == "SIGKILL":
            return lambda: host.state == EXITED
        return self._leads_on(host, KILL)

    def _restart(self, host: HostState, _request: dict[str, Any]) -> Condition:
        generation = host.generation + 1
        self._supervisor.restart(host)

        def done() -> bool:
            again = host.generation >= generation and host.state in {RUNNING, EXITED}
            if again and host.state == EXITED and host.error:
                raise EngineError(f"{host.spec.name}: restart: {host.error}")
            return again

        return done

    def _disconnect(self, host: HostState, _request: dict[str, Any]) -> Condition:
        self._check_network(host, DISCONNECT)
        self._delete_interfaces(host)
        host.connected = False
        return lambda: True

    @staticmethod
    def _delete_interfaces(host: HostState) -> None:
        count = len(host.spec.interfaces)
        names = [network.veth_name(host.number, host.generation, n) for n in range(count)]
        network.ip_batch(f"link del {name}" for name in names)

    def _connect(self, host: HostState, _request: dict[str, Any]) -> Condition:
        self._check_network(host, CONNECT)
        host.connected = True
        try:
            network.ip_batch(self._supervisor.network.commands(host))
        except OSError:
            host.connected = False
            raise
        host.connecting, host.error = True, ""
        self._supervisor.send(host, command="connect")

        def done() -> bool:
            if host.connecting:
                return False
            if host.error:
                host.connected = False
                with contextlib.suppress(OSError):  # as far as they are there
                    self._delete_interfaces(host)
                raise EngineError(f"{host.spec.name}: connect: {host.error}")
            return True

        return done

    def _call(self, host: HostState, request: dict[str, Any]) -> Condition:
        if not request["descriptors"]:  # it was lost on its way: this process has too many
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        self._supervisor.send(host, command="call", descriptors=request["descriptors"])
        return lambda: True

    @staticmethod
    def _check_network(host: HostState, command: str) -> None:
        if why := lifecycle.network_refusal(host.spec.name, command, host.network_state):
            raise EngineError(why)
