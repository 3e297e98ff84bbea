"""The process that is the lab: process 1 of its pid namespace, parent of every host's init.

Started by `lab up` with the LabSpec as a line on standard input; it says on standard output, a
JSON object a line, how far it is. Standard input stays open as a lifeline: until it says `release`,
its end is the end of the lab. Whatever ends the keeper, the kernel ends all the rest.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

# Run as a file, which is faster than as a module of an installed package.
sys.path.insert(0, str(Path(__file__).parents[3]))

from lab.engines.namespaces import links, rooms, syscalls, users
from lab.engines.namespaces.control import address_of
from lab.engines.namespaces.desk import Desk
from lab.engines.namespaces.init import Init
from lab.engines.namespaces.kept import KeptHost
from lab.engines.namespaces.loop import Loop
from lab.engines.namespaces.order import Order
from lab.engines.namespaces.spec import LabSpec

_PIECE_BYTES = 1 << 16
_MORE_DESCRIPTORS = 16  # above those of the loop: a host's pipes before they are in it
_CABLES_AT_ONCE = 20
_FAILED_STATUS = 125


def say(**message: Any) -> None:
    """Tell `lab up`; if it is gone, and has not released the lab, so is the lab."""
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        os._exit(1)


class Keeper:
    """The lab's hosts and its loop."""

    def __init__(self, lab: LabSpec, inner: int, control: socket.socket) -> None:
        self.lab = lab
        self.hosts = {host.name: KeptHost(n, host) for n, host in enumerate(lab.hosts)}
        self.inner = inner
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.loop = Loop()
        self._uncabled: list[KeptHost] = []
        # The bridges are made with the first cables, in the same call of ip(8).
        self._bridges = links.bridge_commands(len(lab.networks))
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
        self.loop.watch(0, self._lifeline)
        # Each init is a fork of this process: what is here now is not to be copied when the
        # collector next looks at it.
        gc.freeze()
        gc.disable()
        for host in self.hosts.values():
            self._spawn(host)
            self._turn(0)
        while True:
            self._turn(self._wait_s())

    def _turn(self, wait_s: float | None) -> None:
        self.loop.turn(wait_s)
        if self._down_until_s is not None:
            self._go_down()

    def _wait_s(self) -> float | None:
        if self._down_until_s is None:
            return None
        return max(0.0, self._down_until_s - time.monotonic())

    # --- hosts

    def _spawn(self, host: KeptHost) -> None:
        """Fork the host's init into a pid namespace of its own."""
        host.generation += 1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        outputs = [os.pipe(), os.pipe()]
        syscalls.unshare(syscalls.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            self._become_init(host, theirs, [write for _, write in outputs])
        syscalls.setns(self._own_pids, syscalls.CLONE_NEWPID)
        theirs.close()
        host.pid, host.channel, host.ready, host.status = pid, ours, False, None
        self.loop.watch(ours.fileno(), lambda: self._hear(host, ours))
        for number, (read, write) in enumerate(outputs):
            os.close(write)
            self.loop.watch(read, lambda n=number, r=read: self._collect(host, n, r))  # type: ignore[misc]

    def _become_init(self, host: KeptHost, channel: socket.socket, outputs: list[int]) -> NoReturn:
        try:
            nothing = os.open(os.devnull, os.O_RDONLY)
            for number, descriptor in enumerate((nothing, *outputs)):
                os.dup2(descriptor, number)
            low = 3
            for kept in sorted((channel.fileno(), self.inner)):
                os.closerange(low, kept)
                low = kept + 1
            os.closerange(low, self.loop.highest() + _MORE_DESCRIPTORS)
            Init(self.lab, host.spec, channel, self.inner).run()
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            text = f"{error.strerror or error}{where}"
            channel.send(json.dumps({"is": "failed", "text": text}).encode())
        finally:
            os._exit(1)

    def _collect(self, host: KeptHost, number: int, descriptor: int) -> None:
        piece = os.read(descriptor, _PIECE_BYTES)
        if not piece:
            self.loop.unwatch(descriptor)
            os.close(descriptor)
            return
        host.all.add(piece)
        if number == 0:
            host.stdout.add(piece)
        self._desk.written(host)

    def _hear(self, host: KeptHost, channel: socket.socket) -> None:
        try:
            text = channel.recv(_PIECE_BYTES)
        except ConnectionResetError:  # it ended with a message of ours unread
            text = b""
        if not text:
            self.loop.unwatch(channel.fileno())
            channel.close()
            if channel is host.channel and host.state != "exited":
                self._ended(host, 128 + signal.SIGKILL)
                self._consider(host)
            return
        self._heard(host, json.loads(text))
        self._consider(host)
        self._desk.changed(host)

    def _heard(self, host: KeptHost, message: dict[str, Any]) -> None:
        state = message["is"]
        if state == "unshared":
            host.outer_pid = message["pid"]
            self._uncabled.append(host)
            self._cables()
        elif state == "ready":
            host.ready = True
        elif state == "health":
            host.health = message["health"]
        elif state == "exited":
            self._ended(host, message["status"])
        elif state == "failed":
            self._fail(f"{host.spec.name}: {message['text']}")
            self._ended(host, _FAILED_STATUS)
        elif state in {"running", "paused"}:
            host.state = state
        elif state == "connected":
            host.plugging = False

    def _cables(self) -> None:
        """Lay the cables of hosts that have a namespace and no cable yet, many in one go."""
        waiting = self._uncabled
        last = all(host.outer_pid or host.state == "exited" for host in self.hosts.values())
        if len(waiting) < _CABLES_AT_ONCE and not last:
            return
        self._uncabled = []
        commands = [line for host in waiting for line in self.cable_commands(host)]
        commands, self._bridges = self._bridges + commands, []
        try:
            if commands:
                links.ip_batch(commands)
        except OSError as error:
            self._fail(str(error))
            for host in waiting:  # of a lab that is up: these alone have no network
                self.tell(host, do="signal", signal="SIGKILL")
            return
        for host in waiting:
            self.tell(host, do="room")

    def cable_commands(self, host: KeptHost) -> list[str]:
        """Return what lays the host's cables."""
        lines = []
        for number, interface in enumerate(host.spec.interfaces):
            cable = links.cable_name(host.number, host.generation, number)
            bridge = links.bridge_name(self.lab.networks.index(interface.network))
            lines += links.cable_commands(cable, bridge, f"eth{number}", interface.ipv4, host.pid)
        return lines

    def tell(self, host: KeptHost, **message: Any) -> None:
        """Send a host's init a message, if there is one."""
        if host.channel and host.channel.fileno() >= 0:
            with contextlib.suppress(OSError):  # it has just ended, which will be heard
                host.channel.send(json.dumps(message).encode())

    def _ended(self, host: KeptHost, status: int) -> None:
        host.state, host.status, host.outer_pid = "exited", status, 0
        host.health = None if host.health is None else "unhealthy"
        self._desk.changed(host)
        if host.restarting:
            self._start_again(host)

    def restart(self, host: KeptHost) -> None:
        """End a host's program, if it runs, then give the host a new init, which starts it."""
        host.restarting = True
        if host.state == "exited":
            self._start_again(host)
        else:
            self.tell(host, do="resume")
            self.tell(host, do="signal", signal="SIGTERM", grace_s=host.spec.stop_grace_s)

    def _start_again(self, host: KeptHost) -> None:
        host.restarting = False
        host.state, host.connected = "created", True
        host.health = "starting" if host.spec.health and host.spec.argv else None
        self._spawn(host)

    # --- the lab

    def _consider(self, host: KeptHost) -> None:
        """After a change of a host: start what may start now; say when all is up, or failed."""
        if self._down_until_s is not None:
            return
        for other in self._order.startable(host):
            other.ready = False
            say(doing="starting hosts", detail=other.spec.name)
            self.tell(other, do="start")
            other.state = "starting"
        if fault := self._order.fault(host):
            self._fail(fault)
        if self._order.is_up_with(host):
            say(up=True)

    def _fail(self, text: str) -> None:
        if not self._order.up:
            say(failed=text)
            os._exit(1)

    def _lifeline(self) -> None:
        if b"release" not in os.read(0, 64):
            os._exit(1)
        self.loop.unwatch(0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.close(nothing)

    def _signalled(self, numbers: bytes) -> None:
        if signal.SIGTERM in numbers:
            self.take_down()
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return

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
            self.tell(host, do="resume")
            self.tell(host, do="signal", signal="SIGTERM", grace_s=host.spec.stop_grace_s)

    def longest_down_s(self) -> float:
        """Return how long taking down may take."""
        return sum(host.spec.stop_grace_s for host in self.hosts.values()) + 1.0


def main() -> None:
    """Make the namespaces and become the lab."""
    if not (line := sys.stdin.readline()):
        return  # whoever started it is gone already
    lab = LabSpec.from_json(line)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        control.bind(address_of(lab.name))
        control.listen()
        users.become_root()
        inner = users.make_inner()
        syscalls.unshare(
            syscalls.CLONE_NEWNS
            | syscalls.CLONE_NEWNET
            | syscalls.CLONE_NEWUTS
            | syscalls.CLONE_NEWIPC
            | syscalls.CLONE_NEWPID
        )
        if os.fork():
            os._exit(0)
        rooms.make_root(lab)
        Keeper(lab, inner, control).run()
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        text = f"{error.strerror or error}{where}"
        say(failed=text)
        os._exit(1)


if __name__ == "__main__":
    main()
