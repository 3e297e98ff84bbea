"""What can be done to a host of a lab that is up: a method for each verb.

Each begins it, and says how to tell that it is in force.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from lab.engines import lifecycle
from lab.engines.namespaces.host import network
from lab.engines.namespaces.spec import LabSpec
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.network import Cables

Condition = Callable[[], bool]


class RefusedError(Exception):
    """It cannot be done to the host; the text, which begins with the host's name, says why."""


class Lab(Protocol):
    """What the desk and its actions need of the supervisor."""

    lab: LabSpec
    hosts: dict[str, HostState]
    inner: int
    cables: Cables

    def tell(self, host: HostState, *, descriptors: Sequence[int] = (), **message: Any) -> None:
        """Send a host's init a message, and descriptors."""

    def restart(self, host: HostState) -> None:
        """End a host's program and start it in a new host."""

    def collect(self, host: HostState) -> None:
        """Take what the host has written so far."""

    def take_down(self) -> None:
        """Begin to end the lab."""

    def longest_down_s(self) -> float:
        """Return how long that may take."""


class Actions:
    """What is done to hosts."""

    def __init__(self, supervisor: Lab) -> None:
        self._supervisor = supervisor
        self._verbs = {
            "pause": self._pause,
            "resume": self._resume,
            "kill": self._kill,
            "restart": self._restart,
            "disconnect": self._disconnect,
            "connect": self._connect,
            "call": self._call,
        }

    def begin(self, verb: str, host: HostState, question: dict[str, Any]) -> Condition:
        """Begin it; return what becomes true when it is in force, or the host has ended.

        RefusedError when it cannot be done; what is returned raises it when it has failed.
        """
        if why := lifecycle.refusal(host.spec.name, verb, host.shown_state):
            raise RefusedError(why)
        try:
            return self._verbs[verb](host, question)
        except OSError as error:
            raise RefusedError(f"{host.spec.name}: {verb}: {error.strerror}") from error

    def _pause(self, host: HostState, _question: dict[str, Any]) -> Condition:
        self._supervisor.tell(host, do="pause")
        return lambda: host.state in {"paused", "exited"}

    def _resume(self, host: HostState, _question: dict[str, Any]) -> Condition:
        self._supervisor.tell(host, do="resume")
        return lambda: host.state in {"running", "exited"}

    def _kill(self, host: HostState, question: dict[str, Any]) -> Condition:
        if why := lifecycle.no_signal(host.spec.name, question["signal"]):
            raise RefusedError(why)
        name = f"SIG{question['signal']}"
        self._supervisor.tell(host, do="signal", signal=name)
        if host.state == "paused":  # as Docker does; the signal is there before the program goes on
            self._supervisor.tell(host, do="resume")
        if name == "SIGKILL":
            return lambda: host.state == "exited"
        return lambda: host.state != "paused"

    def _restart(self, host: HostState, _question: dict[str, Any]) -> Condition:
        started = host.generation + 1
        self._supervisor.restart(host)

        def done() -> bool:
            again = host.generation >= started and host.state in {"running", "exited"}
            if again and host.state == "exited" and host.fault:
                raise RefusedError(f"{host.spec.name}: restart: {host.fault}")
            return again

        return done

    def _disconnect(self, host: HostState, _question: dict[str, Any]) -> Condition:
        self._check_plug(host, "disconnect", "disconnected" if not host.connected else "")
        self._take_away(host)
        host.connected = False
        return lambda: True

    @staticmethod
    def _take_away(host: HostState) -> None:
        count = len(host.spec.interfaces)
        cables = [network.cable_name(host.number, host.generation, n) for n in range(count)]
        network.ip_batch(f"link del {cable}" for cable in cables)

    def _connect(self, host: HostState, _question: dict[str, Any]) -> Condition:
        self._check_plug(host, "connect", "connected" if host.connected else "")
        host.connected = True
        try:
            network.ip_batch(self._supervisor.cables.commands(host))
        except OSError:
            host.connected = False
            raise
        host.plugging, host.fault = True, ""
        self._supervisor.tell(host, do="network")

        def done() -> bool:
            if host.plugging:
                return False
            if host.fault:
                host.connected = False
                with contextlib.suppress(OSError):  # as far as they are there
                    self._take_away(host)
                raise RefusedError(f"{host.spec.name}: connect: {host.fault}")
            return True

        return done

    def _call(self, host: HostState, question: dict[str, Any]) -> Condition:
        if not question["descriptors"]:  # it was lost on its way: this process has too many
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        self._supervisor.tell(host, do="call", descriptors=question["descriptors"])
        return lambda: True

    @staticmethod
    def _check_plug(host: HostState, verb: str, already: str) -> None:
        if not host.spec.interfaces:
            raise RefusedError(lifecycle.cannot(host.spec.name, verb, "on no network"))
        if host.plugging:  # its init would lose the cable while it sets the addresses
            raise RefusedError(lifecycle.cannot(host.spec.name, verb, "being connected"))
        if already:
            raise RefusedError(lifecycle.cannot(host.spec.name, verb, already))
