"""Process 1 of a host: sets the host up, runs its program, and ends the host with it.

It is forked from the supervisor and talks to it over a socket pair, one JSON object a message:
{"command": ...} comes, {"event": ...} goes (see `supervisor` for what they lead to). It is to a
host what the container runtime and docker-init are to a container: when the program ends, so does
the host, with every process and the whole network namespace.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from lab.engines.lifecycle import EXIT, PAUSE, RESUME, START
from lab.engines.namespaces import syscalls, sysctls
from lab.engines.namespaces.host import (
    call_server,
    freezer,
    kernel_files,
    network,
    processes,
    program,
    rootfs,
)
from lab.engines.namespaces.host.health import HealthCheck
from lab.engines.namespaces.spec import HostSpec, LabSpec
from lab.errors import LocatedError

_ENDING = {signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
# A program that ends sooner, with no health check to tell, never was up.
_MIN_UPTIME_S = 0.1
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
        self._selector = selectors.DefaultSelector()
        self._main = 0
        self._paused = False
        self._stopped: frozenset[int] = frozenset()  # before it was paused
        self._check: HealthCheck | None = None
        self._kill_at_s: float | None = None
        self._proven_at_s: float | None = None

    def run(self) -> NoReturn:
        """Serve until the program has ended or the supervisor has; never return."""
        syscalls.unshare(NAMESPACES)
        syscalls.set_host_name(self._spec.host_name)
        network.no_duplicate_address_detection()
        network.let_everybody_ping()
        self._send("unshared", pid=int(Path("/proc/self").readlink().name))
        wake, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._supervisor, selectors.EVENT_READ)
        self._selector.register(wake, selectors.EVENT_READ)
        while True:
            ready = self._wait()
            if wake in ready:
                os.read(wake, 4096)
            self._reap()
            if self._supervisor.fileno() in ready:
                self._receive()
            self._on_time()

    def _wait(self) -> set[int]:
        """Wait until a descriptor can be read, or the next time; return those that can.

        What a health check writes meanwhile is read here.
        """
        output = self._check.output if self._check else None
        if output is not None:
            self._selector.register(output, selectors.EVENT_READ)
        ready = {key.fd for key, _ in self._selector.select(self._wait_s())}
        if output is not None:
            self._selector.unregister(output)  # it may be closed before the next time
        if self._check and output in ready:
            self._check.read()
        return ready

    def _wait_s(self) -> float | None:
        times_s = (self._kill_at_s, self._proven_at_s)
        until_s = [time_s for time_s in times_s if time_s is not None]
        if self._check and not self._paused:
            until_s.append(self._check.next_turn_s())
        return max(0.0, min(until_s) - time.monotonic()) if until_s else None

    def _on_time(self) -> None:
        """Do what is due."""
        if self._check and not self._paused:
            self._check.turn()
        if self._kill_at_s is not None and time.monotonic() >= self._kill_at_s:
            self._signal(signal.SIGKILL)
        if self._proven_at_s is not None and time.monotonic() >= self._proven_at_s:
            self._proven_at_s = None
            self._send("proven")

    def _send(self, event: str, **message: Any) -> None:
        self._supervisor.send(json.dumps({"event": event, **message}).encode())

    def _send_health(self, health: str) -> None:
        self._send("health", health=health, output=self._check.last_output if self._check else "")

    def _receive(self) -> None:
        text, descriptors, _, _ = socket.recv_fds(self._supervisor, 1 << 16, 1)
        if not text:  # the supervisor is gone
            os._exit(1)
        message = json.loads(text)
        if message["command"] == "call" and os.fork() == 0:
            signal.set_wakeup_fd(-1)
            call_server.become(descriptors[0], self._spec)
        for descriptor in descriptors:
            os.close(descriptor)
        self._on_message(message)

    def _on_message(self, message: dict[str, Any]) -> None:
        command = message["command"]
        if command == "prepare":
            rootfs.set_up(self._spec, self._lab.visible)
            network.configure(self._spec.interfaces if message["connected"] else ())
            self._set_sysctls()  # after the addresses, as with Docker
            kernel_files.close()
            self._send("ready")
        elif command == "connect":
            self._connect()
        elif command == "start":
            self._start()
        elif command == "signal":
            self._signal(signal.Signals[message["signal"]])
            if (grace_s := message.get("grace_s")) is not None:
                if not self._main:
                    self._end(128 + signal.Signals[message["signal"]])
                self._kill_at_s = time.monotonic() + grace_s
        elif command in {"pause", "resume"}:
            self._pause(command == "pause")

    def _set_sysctls(self) -> None:
        for name, value in self._spec.sysctls.items():
            try:
                sysctls.apply({name: value})
            except OSError as error:  # whether a value is one, only the kernel knows
                place = ("services", self._spec.name, "sysctls", name)
                raise LocatedError(place, str(error.strerror)) from error

    def _connect(self) -> None:
        why = ""
        try:
            network.configure(self._spec.interfaces)
        except OSError as error:  # the host goes on, without network
            why = error.strerror or str(error)
        self._send("connected", error=why)

    def _pause(self, paused: bool) -> None:
        if paused and not self._paused:
            self._stopped = freezer.freeze()
        elif self._paused and not paused:
            freezer.thaw(self._stopped)
        if self._check and paused != self._paused:
            self._check.hold() if paused else self._check.go_on()
        self._paused = paused
        self._send(PAUSE if paused else RESUME)

    def _start(self) -> None:
        """Start the host's program, if it has one; the host ends if that cannot be started."""
        spec = self._spec
        if not spec.argv:
            self._send(START)
            return
        # Where its checks start, too.
        processes.start_in(spec.working_dir or self._lab.folder)
        check = (
            HealthCheck(spec.health, self._start_program, self._send_health)
            if spec.health
            else None
        )
        self._main, error = self._start_program(spec.argv)
        if error:
            os.write(2, b"%b: %b\n" % (os.fsencode(spec.argv[0]), error))
            self._end(127)
        self._check = check
        if not check:
            self._proven_at_s = time.monotonic() + _MIN_UPTIME_S
        self._send(START)

    def _start_program(self, argv: Sequence[str], files: Sequence[int] = ()) -> tuple[int, bytes]:
        environment = {**self._spec.environment, "HOSTNAME": self._spec.host_name}
        return program.start(argv, self._spec, environment, self._user_namespace, files)

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
        for pid, status in processes.reaped():
            if pid == self._main:
                self._end(os.waitstatus_to_exitcode(status))
            elif self._check:
                self._check.reaped(pid, status)

    def _end(self, status: int) -> NoReturn:
        self._send(EXIT, status=status)
        os._exit(0)
