"""Process 1 of a host: makes the host's room, runs its program, and ends the host with it.

It is forked from the keeper, talks to it over a socket pair (one JSON object a message), and is to
a host what the container runtime and docker-init are to a container: when the program ends, so
does the host, with every process and the whole network namespace.
"""

import contextlib
import json
import os
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any, NoReturn

from lab.engines.namespaces import links, processes, rooms, syscalls
from lab.engines.namespaces.spec import HostSpec, LabSpec

_FIRST_CHECKS_S = 0.02
_ENDING = {signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
_NAMESPACES = (
    syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWIPC
)


class Init:
    """The host's state, and the loop that waits for the keeper, the program and the clock."""

    def __init__(
        self, lab: LabSpec, spec: HostSpec, keeper: socket.socket, user_namespace: int
    ) -> None:
        self._lab = lab
        self._spec = spec
        self._keeper = keeper
        self._user_namespace = user_namespace
        self._main = 0
        self._paused = False
        self._check = 0  # the pid of the health check that runs
        self._next_check_s = 0.0
        self._check_ends_s = 0.0
        self._failures = 0
        self._health = "starting"
        self._started_s = 0.0
        self._kill_at_s: float | None = None

    def run(self) -> NoReturn:
        """Serve until the program has ended or the keeper has; never return."""
        syscalls.unshare(_NAMESPACES)
        syscalls.set_host_name(self._spec.host_name)
        links.no_duplicate_address_detection()
        self._say({"is": "unshared", "pid": int(Path("/proc/self").readlink().name)})
        wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(self._keeper, select.POLLIN)
        poll.register(wake, select.POLLIN)
        while True:
            ready = dict(poll.poll(self._wait_ms()))
            if wake in ready:
                os.read(wake, 4096)
            self._reap()
            if self._keeper.fileno() in ready:
                self._hear()
            self._check_health()
            if self._kill_at_s is not None and time.monotonic() >= self._kill_at_s:
                self._signal(signal.SIGKILL)

    def _say(self, message: dict[str, Any]) -> None:
        self._keeper.send(json.dumps(message).encode())

    def _hear(self) -> None:
        text = self._keeper.recv(1 << 16)
        if not text:  # the keeper is gone
            os._exit(1)
        message = json.loads(text)
        do = message["do"]
        if do == "room":
            for name, value in self._spec.sysctls.items():
                Path("/proc/sys", name.replace(".", "/")).write_text(value)
            rooms.make_room(self._spec, self._lab.visible)
            links.configure(self._spec.interfaces)
            self._say({"is": "ready"})
        elif do == "network":
            links.configure(self._spec.interfaces)
            self._say({"is": "connected"})
        elif do == "start":
            self._start()
        elif do == "signal":
            self._signal(signal.Signals[message["signal"]])
            if (grace_s := message.get("grace_s")) is not None:
                self._kill_at_s = time.monotonic() + grace_s
        elif do in {"pause", "resume"}:
            self._paused = do == "pause"
            # Every process of this pid namespace but this one (kill(2)).
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGSTOP if self._paused else signal.SIGCONT)
            self._say({"is": "paused" if self._paused else "running"})

    def _start(self) -> None:
        if not self._spec.argv:
            self._say({"is": "running"})
            return
        environment = {**self._spec.environment, "HOSTNAME": self._spec.host_name}
        started, starting = os.pipe()
        self._main = os.fork()
        if self._main == 0:
            os.close(started)
            self._become_program(self._spec.argv, environment, starting)
        # Its end is the program's exec: before that, a signal would not reach the program.
        os.close(starting)
        fault = os.read(started, 4096)
        os.close(started)
        if fault:
            os.waitpid(self._main, 0)
            os.write(2, fault + b"\n")
            self._end(127)
        self._started_s = time.monotonic()
        self._next_check_s = self._started_s
        self._say({"is": "running"})

    def _become_program(
        self, argv: tuple[str, ...], environment: dict[str, str], starting: int
    ) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            syscalls.default_signals()
            os.chdir(self._lab.folder)
            self._drop_rights()
            os.execvpe(argv[0], argv, environment)  # noqa: S606
        except OSError as error:
            os.write(starting, f"{argv[0]}: {error.strerror}".encode())
        os._exit(127)

    def _drop_rights(self) -> None:
        # As the user `lab` there, and with the next exec without any capability.
        syscalls.setns(self._user_namespace, syscalls.CLONE_NEWUSER)
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
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._check:
                self._checked(status == 0)
            elif pid == self._main:
                self._end(os.waitstatus_to_exitcode(status))

    def _end(self, status: int) -> NoReturn:
        self._say({"is": "exited", "status": status})
        os._exit(0)

    def _wait_ms(self) -> float | None:
        until_s = [] if self._kill_at_s is None else [self._kill_at_s]
        if self._main and self._spec.health and not self._paused:
            until_s.append(self._check_ends_s if self._check else self._next_check_s)
        return max(0.0, min(until_s) - time.monotonic()) * 1000 if until_s else None

    def _check_health(self) -> None:
        health = self._spec.health
        if not health or not self._main or self._paused:
            return
        now_s = time.monotonic()
        if self._check:
            if now_s >= self._check_ends_s:
                os.kill(self._check, signal.SIGKILL)
                os.waitpid(self._check, 0)
                self._checked(False)
        elif now_s >= self._next_check_s:
            self._check_ends_s = now_s + health.timeout_s
            nothing = os.open(os.devnull, os.O_RDWR)
            try:
                self._check = processes.spawn(health.argv, self._spec.environment, [nothing] * 3)
            except OSError:  # no such program: that is not healthy
                self._checked(False)
            os.close(nothing)

    def _checked(self, passed: bool) -> None:
        health = self._spec.health
        assert health
        self._check = 0
        now_s = time.monotonic()
        starting = self._health == "starting"
        # Until it is healthy for the first time look often, and count a failure each interval.
        self._next_check_s = now_s + (
            _FIRST_CHECKS_S if starting and not passed else health.interval_s
        )
        self._failures = 0 if passed else self._failures + 1
        patience_s = health.start_period_s + health.retries * health.interval_s
        if passed:
            now = "healthy"
        elif starting:
            now = "unhealthy" if now_s - self._started_s > patience_s else "starting"
        else:
            now = "unhealthy" if self._failures >= health.retries else self._health
        if now != self._health:
            self._health = now
            self._say({"is": "health", "health": now})
