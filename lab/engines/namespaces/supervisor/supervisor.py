"""The hosts of a lab, from the first to the last: started in order, restarted, taken down."""

import contextlib
import gc
import json
import os
import signal
import socket
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from lab.engines.lifecycle import CREATED, EXIT, EXITED
from lab.engines.namespaces.host import processes
from lab.engines.namespaces.spec import HostSpec, LabSpec
from lab.engines.namespaces.supervisor import control_pipe
from lab.engines.namespaces.supervisor.api import RequestHandler
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.loop import Loop
from lab.engines.namespaces.supervisor.network import NetworkSetup
from lab.engines.namespaces.supervisor.outputs import Outputs
from lab.engines.namespaces.supervisor.spawn import Spawner
from lab.engines.namespaces.supervisor.start_order import StartOrder

_MESSAGE_BYTES = 1 << 16
_FAILED_STATUS = 125


class Supervisor:
    """The lab's hosts and its loop."""

    def __init__(self, lab: LabSpec, inner: int, control: socket.socket) -> None:
        self.lab = lab
        self.loop = Loop()
        self.hosts = {host.name: self._host(n, host) for n, host in enumerate(lab.hosts)}
        self.inner = inner
        self.network = NetworkSetup(lab, self.hosts, self.send, self._on_network_error)
        self._spawner = Spawner(lab, inner, self.loop)
        self._order = StartOrder(self.hosts)
        self._down_until_s: float | None = None
        self._requests = RequestHandler(self, self.loop, control)

    def _host(self, number: int, spec: HostSpec) -> HostState:
        outputs = Outputs(self.loop, lambda: self._requests.written(host))
        host = HostState(number, spec, outputs)
        return host

    def run(self) -> NoReturn:
        """Build the lab, then serve it until it is taken down."""
        wake, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self.loop.watch(wake, lambda: self._on_signals(os.read(wake, 4096)))
        self.loop.watch(0, self._on_control_pipe)
        # Each init is a fork of this process: what is here now is not to be copied when the
        # collector next looks at it.
        gc.freeze()
        gc.disable()
        # What others wait for comes first.
        for host in sorted(self.hosts.values(), key=lambda host: len(host.spec.depends_on)):
            self._spawn(host)
            self._turn(0)
        while True:
            until_s = self._down_until_s
            self._turn(None if until_s is None else max(0.0, until_s - time.monotonic()))

    def _turn(self, wait_s: float | None) -> None:
        self.loop.turn(wait_s)
        if self._down_until_s is not None:
            self._go_down()

    # --- hosts

    def _spawn(self, host: HostState) -> None:
        outputs = self._spawner.spawn(host)
        channel = host.channel
        assert channel
        self.loop.watch(channel.fileno(), lambda: self._receive(host, channel))
        host.outputs.watch(outputs)

    def _receive(self, host: HostState, channel: socket.socket) -> None:
        try:
            text = channel.recv(_MESSAGE_BYTES)
        except ConnectionResetError:  # it ended with a message of ours unread
            text = b""
        if not text:
            self.loop.unwatch(channel.fileno())
            channel.close()
            if channel is host.channel and host.state != EXITED:
                if host.state == CREATED:
                    host.error = host.error or "its process 1 has ended"
                self._exited(host, 128 + signal.SIGKILL)
                self._consider(host)
            return
        self._on_message(host, json.loads(text))
        self._consider(host)
        self._requests.changed(host)

    def _on_message(self, host: HostState, message: dict[str, Any]) -> None:
        event = message["event"]
        if event == "unshared":
            host.outer_pid = message["pid"]
            self.network.request(host)
        elif event == EXIT:
            self._exited(host, message["status"])
        elif event == "failed":
            self._fail(f"{host.spec.name}: {message['error']}", message["keys"])
            host.error = message["error"]
            self._exited(host, _FAILED_STATUS)
        else:
            host.on_message(message)

    def send(self, host: HostState, *, descriptors: Sequence[int] = (), **message: Any) -> None:
        """Send a host's init a message, if there is one, and descriptors."""
        if host.channel and host.channel.fileno() >= 0:
            with contextlib.suppress(OSError):  # it has just ended: its end is about to be received
                socket.send_fds(host.channel, [json.dumps(message).encode()], descriptors)

    def _exited(self, host: HostState, status: int) -> None:
        host.exited(status)
        self.network.cancel(host)
        self._requests.changed(host)
        if host.restarting:
            self._start_again(host)

    def restart(self, host: HostState) -> None:
        """End a host's program, if it runs, then give the host a new init, which starts it."""
        host.restarting = True
        if host.state == EXITED:
            self._start_again(host)
        else:
            self._stop(host)

    def _stop(self, host: HostState) -> None:
        spec = host.spec
        self.send(host, command="resume")
        self.send(host, command="signal", signal=spec.stop_signal, grace_s=spec.stop_grace_s)

    def _start_again(self, host: HostState) -> None:
        host.restarted()
        try:
            self._spawn(host)
        except OSError as error:
            host.error = f"no process for it: {error.strerror}"
            self._exited(host, _FAILED_STATUS)

    # --- the lab

    def _consider(self, host: HostState) -> None:
        """After a change of a host: start what may start now; report when all is up, or failed."""
        if self._down_until_s is not None:
            return
        for other in self._order.startable(host):
            other.ready = False
            control_pipe.send(doing="starting hosts", detail=other.spec.name)
            self.send(other, command="start")
            other.start_requested = True
        if error := self._order.startup_error(host):
            self._fail(error)
        if self._order.completes(host):
            control_pipe.send(up=True)

    def _on_network_error(self, hosts: Sequence[HostState], text: str) -> None:
        """End hosts that have no veth pairs: the lab, or, when it has been up, these alone."""
        self._fail(text)
        for host in hosts:
            host.error = text
            self.send(host, command="signal", signal="SIGKILL")

    def _fail(self, text: str, keys: Sequence[str] = ()) -> None:
        if not self._order.up:
            control_pipe.send(error=text, keys=keys)
            os._exit(1)

    def _on_control_pipe(self) -> None:
        control_pipe.receive()
        self.loop.unwatch(0)  # before another file has this number
        control_pipe.detach()

    def _on_signals(self, numbers: bytes) -> None:
        if signal.SIGTERM in numbers:
            self.take_down()
        for _ended in processes.reaped():
            pass

    def take_down(self) -> None:
        """End the hosts' programs in order, then the lab."""
        if self._down_until_s is None:
            # Each host has its own grace; at the most they end one after the other.
            self._down_until_s = time.monotonic() + self.longest_down_s()

    def _go_down(self) -> None:
        assert self._down_until_s is not None
        if not self._order.left() or time.monotonic() >= self._down_until_s:
            os._exit(0)
        for host in self._order.stoppable():
            self._stop(host)

    def longest_down_s(self) -> float:
        """Return how long taking down may take."""
        return sum(host.spec.stop_grace_s for host in self.hosts.values()) + 1.0
