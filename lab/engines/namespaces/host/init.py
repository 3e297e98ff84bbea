"""Process 1 of a host: makes the host's room, runs its program, and ends the host with it.

It is forked from the supervisor, talks to it over a socket pair (one JSON object a message), and is
to a host what the container runtime and docker-init are to a container: when the program ends, so
does the host, with every process and the whole network namespace.
"""

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Container
from pathlib import Path
from typing import Any, NoReturn

from lab.compose import limits
from lab.compose.errors import LocatedError
from lab.engines.namespaces import syscalls, sysctls, user_namespaces
from lab.engines.namespaces.host import (
    call_server,
    freezer,
    kernel_files,
    network,
    processes,
    rootfs,
)
from lab.engines.namespaces.host.health import HealthCheck
from lab.engines.namespaces.spec import HostSpec, LabSpec

_ENDING = {signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
# A program that ends sooner, with no health check to tell, never was up.
_SETTLES_S = 0.1
# But that of its processes, which a fork takes.
NAMESPACES = (
    syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWIPC
)


class Init:
    """The host's state, and the loop that waits for the supervisor, the program and the clock."""

    def __init__(
        self, lab: LabSpec, spec: HostSpec, supervisor: socket.socket, user_namespace: int
    ) -> None:
        self._lab = lab
        self._spec = spec
        self._supervisor = supervisor
        self._user_namespace = user_namespace
        self._main = 0
        self._paused = False
        self._stopped: frozenset[int] = frozenset()  # before it was paused
        self._check: HealthCheck | None = None
        self._kill_at_s: float | None = None
        self._settles_at_s: float | None = None

    def run(self) -> NoReturn:
        """Serve until the program has ended or the supervisor has; never return."""
        syscalls.unshare(NAMESPACES)
        syscalls.set_host_name(self._spec.host_name)
        network.no_duplicate_address_detection()
        self._say({"is": "unshared", "pid": int(Path("/proc/self").readlink().name)})
        wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(self._supervisor, select.POLLIN)
        poll.register(wake, select.POLLIN)
        while True:
            ready = self._ready(poll)
            if wake in ready:
                os.read(wake, 4096)
            self._reap()
            if self._supervisor.fileno() in ready:
                self._hear()
            if self._check and not self._paused:
                self._check.turn()
            if self._kill_at_s is not None and time.monotonic() >= self._kill_at_s:
                self._signal(signal.SIGKILL)
            if self._settles_at_s is not None and time.monotonic() >= self._settles_at_s:
                self._settles_at_s = None
                self._say({"is": "settled"})

    def _ready(self, poll: select.poll) -> Container[int]:
        """Wait, and meanwhile hear what the health check says; return what else can be read."""
        output = self._check.output if self._check else None
        if output is None:
            return dict(poll.poll(self._wait_ms()))
        poll.register(output, select.POLLIN)
        ready = dict(poll.poll(self._wait_ms()))
        poll.unregister(output)
        if self._check and output in ready:
            self._check.hear()
        return ready

    def _say(self, message: dict[str, Any]) -> None:
        self._supervisor.send(json.dumps(message).encode())

    def _say_health(self, health: str) -> None:
        said = self._check.said if self._check else ""
        self._say({"is": "health", "health": health, "said": said})

    def _hear(self) -> None:
        text, given, _, _ = socket.recv_fds(self._supervisor, 1 << 16, 1)
        if not text:  # the supervisor is gone
            os._exit(1)
        message = json.loads(text)
        if message["do"] == "call" and os.fork() == 0:
            signal.set_wakeup_fd(-1)
            call_server.become(given[0], self._user_namespace, self._spec)
        for descriptor in given:
            os.close(descriptor)
        self._obey(message)

    def _obey(self, message: dict[str, Any]) -> None:
        do = message["do"]
        if do == "room":
            rootfs.make_room(self._spec, self._lab.visible)
            network.configure(self._spec.interfaces if message["plugged"] else ())
            self._set_sysctls()  # after the addresses, as with Docker
            kernel_files.close()
            self._say({"is": "ready"})
        elif do == "network":
            self._plug_in()
        elif do == "start":
            self._start()
        elif do == "signal":
            self._signal(signal.Signals[message["signal"]])
            if (grace_s := message.get("grace_s")) is not None:
                if not self._main:
                    self._end(128 + signal.Signals[message["signal"]])
                self._kill_at_s = time.monotonic() + grace_s
        elif do in {"pause", "resume"}:
            self._pause(do == "pause")

    def _set_sysctls(self) -> None:
        for name, value in self._spec.sysctls.items():
            try:
                sysctls.apply({name: value})
            except OSError as error:  # whether a value is one, only the kernel knows
                place = ("services", self._spec.name, "sysctls", name)
                raise LocatedError(place, str(error.strerror)) from error

    def _plug_in(self) -> None:
        fault = ""
        try:
            network.configure(self._spec.interfaces)
        except OSError as error:  # the host goes on, without network
            fault = error.strerror or str(error)
        self._say({"is": "connected", "fault": fault})

    def _pause(self, paused: bool) -> None:
        if paused and not self._paused:
            self._stopped = freezer.freeze()
        elif self._paused and not paused:
            freezer.thaw(self._stopped)
        if self._check and paused != self._paused:
            self._check.hold() if paused else self._check.go_on()
        self._paused = paused
        self._say({"is": "paused" if paused else "running"})

    def _start(self) -> None:
        if not self._spec.argv:
            self._say({"is": "running"})
            return
        environment = {**self._spec.environment, "HOSTNAME": self._spec.host_name}
        health = self._spec.health
        # Where its checks start, too.
        processes.start_in(self._spec.working_dir or self._lab.folder)
        check = HealthCheck(health, environment, self._say_health) if health else None
        program = processes.find(self._spec.argv[0], environment.get("PATH", ""))
        started, starting = os.pipe()
        self._main = os.fork()
        if self._main == 0:
            os.close(started)
            self._become_program(program, environment, starting)
        # Its end is the program's exec: before that, a signal would not reach the program.
        os.close(starting)
        fault = os.read(started, 4096)
        os.close(started)
        if fault:
            os.waitpid(self._main, 0)
            os.write(2, fault + b"\n")
            self._end(127)
        self._check = check
        if not check:
            self._settles_at_s = time.monotonic() + _SETTLES_S
        self._say({"is": "running"})

    def _become_program(self, program: str, environment: dict[str, str], starting: int) -> NoReturn:
        argv = self._spec.argv
        try:
            signal.set_wakeup_fd(-1)
            syscalls.default_signals()
            self._drop_rights()
            limits.apply(self._spec.limits)
            os.execvpe(program, argv, environment)  # noqa: S606
        except OSError as error:
            os.write(starting, f"{argv[0]}: {error.strerror}".encode())
        os._exit(127)

    def _drop_rights(self) -> None:
        # As the user `lab` there, and with the next exec without any capability.
        syscalls.setns(self._user_namespace, syscalls.CLONE_NEWUSER)
        user = self._spec.user
        syscalls.keep_bounding_set(user.capabilities if user else 0)
        if user:
            user_namespaces.become(user)
        syscalls.no_new_privileges()

    def _signal(self, number: signal.Signals) -> None:
        if not self._main:
            if number in _ENDING:
                self._end(128 + number)
            return
        os.kill(self._main, number)
        if number == signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, number)

    def _reap(self) -> None:
        for pid, status in processes.ended():
            if pid == self._main:
                self._end(os.waitstatus_to_exitcode(status))
            elif self._check:
                self._check.reaped(pid, status)

    def _end(self, status: int) -> NoReturn:
        self._say({"is": "exited", "status": status})
        os._exit(0)

    def _wait_ms(self) -> float | None:
        times_s = (self._kill_at_s, self._settles_at_s)
        until_s = [time_s for time_s in times_s if time_s is not None]
        if self._check and not self._paused:
            until_s.append(self._check.next_turn_s())
        return max(0.0, min(until_s) - time.monotonic()) * 1000 if until_s else None
