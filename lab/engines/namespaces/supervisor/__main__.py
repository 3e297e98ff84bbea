"""The process that is the lab: process 1 of its pid namespace, parent of every host's init.

Started by `lab up` with the LabSpec as a line on standard input; it says on standard output, a
JSON object a line, how far it is. Standard input stays open as a lifeline: until it says `release`,
its end is the end of the lab. Whatever ends the supervisor, the kernel ends all the rest.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

# Run as a file, which is faster than as a module of an installed package.
sys.path.insert(0, str(Path(__file__).parents[4]))

from lab.compose.errors import text_of
from lab.engines.namespaces import MARK, syscalls, user_namespaces
from lab.engines.namespaces.client import address_of
from lab.engines.namespaces.host import machine_root, network, processes
from lab.engines.namespaces.host.init import NAMESPACES
from lab.engines.namespaces.spec import LabSpec
from lab.engines.namespaces.supervisor import agent_fork, control_pipe
from lab.engines.namespaces.supervisor.api import Desk
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.loop import Loop
from lab.engines.namespaces.supervisor.network import Cables
from lab.engines.namespaces.supervisor.spawn import Spawner
from lab.engines.namespaces.supervisor.start_order import Order

_PIECE_BYTES = 1 << 16
_STREAMS = (0, 1)  # standard output, standard error
_MOST_PIECES = 16  # a pipe holds a megabyte at the most (pipe(7))
_FAILED_STATUS = 125


class Supervisor:
    """The lab's hosts and its loop."""

    def __init__(self, lab: LabSpec, inner: int, control: socket.socket) -> None:
        self.lab = lab
        self.hosts = {host.name: HostState(n, host) for n, host in enumerate(lab.hosts)}
        self.inner = inner
        self.loop = Loop()
        self.cables = Cables(lab, self.hosts, self.tell, self._have_failed)
        self._births = Spawner(lab, inner, self.loop)
        self._order = Order(self.hosts)
        self._down_until_s: float | None = None
        self._desk = Desk(self, self.loop, control)

    def run(self) -> NoReturn:
        """Build the lab, then serve it until it is taken down."""
        wake, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self.loop.watch(wake, lambda: self._signalled(os.read(wake, 4096)))
        self.loop.watch(0, self._released)
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
        outputs = self._births.give(host)
        channel = host.channel
        assert channel
        self.loop.watch(channel.fileno(), lambda: self._hear(host, channel))
        for number, read in enumerate(outputs):
            host.pipes[read] = number
            self.loop.watch(read, lambda n=number, r=read: self._collect(host, n, r))  # type: ignore[misc]

    def _collect(self, host: HostState, number: int, descriptor: int) -> bool:
        """Read a piece of an output; False when nothing is there, now or any more."""
        try:
            piece = os.read(descriptor, _PIECE_BYTES)
        except BlockingIOError:
            return False
        now_ns = time.time_ns()
        if piece:
            host.all.add(piece, now_ns, number)
            if number == 0:
                host.stdout.add(piece, now_ns)
        else:
            self.loop.unwatch(descriptor)
            del host.pipes[descriptor]
            os.close(descriptor)
            host.all.finish_line(number, now_ns)
        self._desk.written(host)
        return bool(piece)

    def collect(self, host: HostState) -> None:
        """Take what the host has written so far and this process has not read yet."""
        for descriptor, number in list(host.pipes.items()):
            for _ in range(_MOST_PIECES):  # whoever writes on and on is not waited for
                if not self._collect(host, number, descriptor):
                    break

    def _hear(self, host: HostState, channel: socket.socket) -> None:
        try:
            text = channel.recv(_PIECE_BYTES)
        except ConnectionResetError:  # it ended with a message of ours unread
            text = b""
        if not text:
            self.loop.unwatch(channel.fileno())
            channel.close()
            if channel is host.channel and host.state != "exited":
                if host.shown_state == "created":
                    host.fault = host.fault or "its process 1 has ended"
                self._ended(host, 128 + signal.SIGKILL)
                self._consider(host)
            return
        self._heard(host, json.loads(text))
        self._consider(host)
        self._desk.changed(host)

    def _heard(self, host: HostState, message: dict[str, Any]) -> None:
        state = message["is"]
        if state == "unshared":
            host.outer_pid = message["pid"]
            self.cables.want(host)
        elif state == "exited":
            self._ended(host, message["status"])
        elif state == "failed":
            self._fail(f"{host.spec.name}: {message['text']}", message["keys"])
            host.fault = message["text"]
            self._ended(host, _FAILED_STATUS)
        else:
            host.hear(message)

    def tell(self, host: HostState, *, descriptors: Sequence[int] = (), **message: Any) -> None:
        """Send a host's init a message, if there is one, and descriptors."""
        if host.channel and host.channel.fileno() >= 0:
            with contextlib.suppress(OSError):  # it has just ended, which will be heard
                socket.send_fds(host.channel, [json.dumps(message).encode()], descriptors)

    def _ended(self, host: HostState, status: int) -> None:
        self.collect(host)
        for number in _STREAMS:
            host.all.finish_line(number, time.time_ns())
        host.state, host.status, host.outer_pid = "exited", status, 0
        host.health = None if host.health is None else "unhealthy"
        host.plugging = False
        self.cables.want_no_more(host)
        self._desk.changed(host)
        if host.restarting:
            self._start_again(host)

    def restart(self, host: HostState) -> None:
        """End a host's program, if it runs, then give the host a new init, which starts it."""
        host.restarting = True
        if host.state == "exited":
            self._start_again(host)
        else:
            self._stop(host)

    def _stop(self, host: HostState) -> None:
        spec = host.spec
        self.tell(host, do="resume")
        self.tell(host, do="signal", signal=spec.stop_signal, grace_s=spec.stop_grace_s)

    def _start_again(self, host: HostState) -> None:
        host.restarting = False
        host.state, host.fault = "created", ""
        host.health = "starting" if host.spec.health and host.spec.argv else None
        try:
            self._spawn(host)
        except OSError as error:
            host.fault = f"no process for it: {error.strerror}"
            self._ended(host, _FAILED_STATUS)

    # --- the lab

    def _consider(self, host: HostState) -> None:
        """After a change of a host: start what may start now; say when all is up, or failed."""
        if self._down_until_s is not None:
            return
        for other in self._order.startable(host):
            other.ready = False
            control_pipe.say(doing="starting hosts", detail=other.spec.name)
            self.tell(other, do="start")
            other.state = "starting"
        if fault := self._order.fault(host):
            self._fail(fault)
        if self._order.is_up_with(host):
            control_pipe.say(up=True)

    def _have_failed(self, hosts: Sequence[HostState], text: str) -> None:
        """End hosts that have no cables: the lab, or, when it has been up, these alone."""
        self._fail(text)
        for host in hosts:
            host.fault = text
            self.tell(host, do="signal", signal="SIGKILL")

    def _fail(self, text: str, keys: Sequence[str] = ()) -> None:
        if not self._order.up:
            control_pipe.say(failed=text, keys=keys)
            os._exit(1)

    def _released(self) -> None:
        control_pipe.hear()
        self.loop.unwatch(0)  # before another file has this number
        control_pipe.let_go()

    def _signalled(self, numbers: bytes) -> None:
        if signal.SIGTERM in numbers:
            self.take_down()
        for _ended in processes.ended():
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
        for host in self._order.to_end():
            self._stop(host)

    def longest_down_s(self) -> float:
        """Return how long taking down may take."""
        return sum(host.spec.stop_grace_s for host in self.hosts.values()) + 1.0


def main() -> None:
    """Make the namespaces, while whoever started this reads the file; then become the lab."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for word in sys.argv[1:]:
        agent_fork.begin(int(word))
    try:
        # Of this network namespace, and this user: the names of abstract sockets are its own.
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        address = address_of(os.environ[MARK])
        outer = user_namespaces.Outer()
        syscalls.unshare(NAMESPACES)
        inner = user_namespaces.make_inner(others=outer.mapped())
        syscalls.unshare(syscalls.CLONE_NEWPID)
        if os.fork():
            os._exit(0)
        if not (line := sys.stdin.readline()):
            return  # nothing is to be started, or nobody is there any more
        lab = LabSpec.from_json(line)
        control.bind(address)
        control.listen()
        network.forward_nothing()
        machine_root.build(lab)
        Supervisor(lab, inner, control).run()
    except OSError as error:
        control_pipe.say(failed=text_of(error), keys=[])
        os._exit(1)


if __name__ == "__main__":
    main()
