"""The process that is the lab: process 1 of its pid namespace, parent of every host's init.

Started by `lab up` with the LabSpec as a line on standard input; it says on standard output, a
JSON object a line, how far it is. Standard input stays open as a lifeline: until it says `release`,
its end is the end of the lab. Whatever ends the keeper, the kernel ends all the rest.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

# Run as a file, which is faster than as a module of an installed package.
sys.path.insert(0, str(Path(__file__).parents[3]))

from lab.engines.namespaces import links, rooms, syscalls, users
from lab.engines.namespaces.control import address_of
from lab.engines.namespaces.desk import Desk
from lab.engines.namespaces.init import Init
from lab.engines.namespaces.kept import KeptHost
from lab.engines.namespaces.spec import LabSpec

_PIECE_BYTES = 1 << 16
_MORE_DESCRIPTORS = 16  # above those of the loop: a host's pipes before they are in it
_CABLES_AT_ONCE = 20


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
        self._poll = select.epoll()
        self._handlers: dict[int, Callable[[], None]] = {}
        self._uncabled: list[KeptHost] = []
        # The bridges are made with the first cables, in the same call of ip(8).
        self._bridges = links.bridge_commands(len(lab.networks))
        self._not_up = set(self.hosts)
        # Who waits for a host, and which hosts may end because somebody waits for just that.
        self._waiting_for: dict[str, list[KeptHost]] = {name: [] for name in self.hosts}
        self._may_end: set[str] = set()
        for host in self.hosts.values():
            for needed, condition in host.spec.depends_on.items():
                self._waiting_for[needed].append(host)
                if condition == "service_completed_successfully":
                    self._may_end.add(needed)
        self._down_until_s: float | None = None
        self._desk = Desk(self, control)

    def watch(self, descriptor: int, handler: Callable[[], None], *, write: bool = False) -> None:
        """Call `handler` whenever the descriptor can be read (`write`: written)."""
        events = select.EPOLLOUT if write else select.EPOLLIN
        if descriptor in self._handlers:
            self._poll.modify(descriptor, events)
        else:
            self._poll.register(descriptor, events)
        self._handlers[descriptor] = handler

    def unwatch(self, descriptor: int) -> None:
        """Undo `watch`; call it before the descriptor is closed."""
        if self._handlers.pop(descriptor, None):
            self._poll.unregister(descriptor)

    def run(self) -> NoReturn:
        """Build the lab, then serve it until it is taken down."""
        wake, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self.watch(wake, lambda: self._signalled(os.read(wake, 4096)))
        self.watch(0, self._lifeline)
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
        """Handle what has happened, or happens within this time."""
        for descriptor, _ in self._poll.poll(wait_s):
            if handler := self._handlers.get(descriptor):
                handler()
        if self._down_until_s is not None:
            self._go_down()

    def _wait_s(self) -> float | None:
        if self._down_until_s is None:
            return None
        return max(0.0, self._down_until_s - time.monotonic())

    # --- hosts

    def _spawn(self, host: KeptHost) -> None:
        """Fork the host's init into a pid namespace of its own."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        outputs = [os.pipe(), os.pipe()]
        syscalls.unshare(syscalls.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            self._become_init(host, theirs, [write for _, write in outputs])
        syscalls.setns(self._own_pids, syscalls.CLONE_NEWPID)
        theirs.close()
        host.pid, host.channel, host.ready, host.status = pid, ours, False, None
        self.watch(ours.fileno(), lambda: self._hear(host, ours))
        for number, (read, write) in enumerate(outputs):
            os.close(write)
            self.watch(read, lambda n=number, r=read: self._collect(host, n, r))  # type: ignore[misc]

    def _become_init(self, host: KeptHost, channel: socket.socket, outputs: list[int]) -> NoReturn:
        try:
            nothing = os.open(os.devnull, os.O_RDONLY)
            for number, descriptor in enumerate((nothing, *outputs)):
                os.dup2(descriptor, number)
            low = 3
            for kept in sorted((channel.fileno(), self.inner)):
                os.closerange(low, kept)
                low = kept + 1
            os.closerange(low, max(self._handlers) + _MORE_DESCRIPTORS)
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
            self.unwatch(descriptor)
            os.close(descriptor)
            return
        host.all.add(piece)
        if number == 0:
            host.stdout.add(piece)
        self._desk.written(host)

    def _hear(self, host: KeptHost, channel: socket.socket) -> None:
        text = channel.recv(_PIECE_BYTES)
        if not text:
            self.unwatch(channel.fileno())
            channel.close()
            if host.state != "exited":
                self._ended(host, 128 + signal.SIGKILL)
                self._consider(host)
            return
        message = json.loads(text)
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
        elif state in {"running", "paused"}:
            host.state = state
        elif state == "connected":
            host.plugging = False
        self._consider(host)
        self._desk.changed(host)

    def _cables(self) -> None:
        """Lay the cables of hosts that have a namespace and no cable yet, many in one go."""
        waiting = self._uncabled
        last = all(host.outer_pid or host.state == "exited" for host in self.hosts.values())
        if len(waiting) < _CABLES_AT_ONCE and not last:
            return
        self._uncabled = []
        commands = [line for host in waiting for line in self.cable_commands(host)]
        commands, self._bridges = self._bridges + commands, []
        if commands:
            links.ip_batch(commands)
        for host in waiting:
            self.tell(host, do="room")

    def cable_commands(self, host: KeptHost) -> list[str]:
        """Return what lays the host's cables."""
        lines = []
        for number, interface in enumerate(host.spec.interfaces):
            cable = links.cable_name(host.number, number)
            bridge = links.bridge_name(self.lab.networks.index(interface.network))
            lines += links.cable_commands(cable, bridge, f"eth{number}", interface.ipv4, host.pid)
        return lines

    def tell(self, host: KeptHost, **message: Any) -> None:
        """Send a host's init a message, if there is one."""
        if host.channel and host.channel.fileno() >= 0:
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
        for other in (host, *self._waiting_for[host.spec.name]):
            if other.ready and other.state == "created" and self._may_start(other):
                other.ready = False
                say(doing="starting hosts", detail=other.spec.name)
                self.tell(other, do="start")
                other.state = "starting"
        if not self._not_up:
            return
        name = host.spec.name
        done = name in self._may_end and host.meets("service_completed_successfully")
        if not done and (host.state == "exited" or host.health == "unhealthy"):
            self._fail(self._obituary(host))
        if done or (host.state == "running" and host.health in {None, "healthy"}):
            self._not_up.discard(name)
            if not self._not_up:
                say(up=True)

    def _may_start(self, host: KeptHost) -> bool:
        needs = host.spec.depends_on.items()
        return all(self.hosts[name].meets(condition) for name, condition in needs)

    def _obituary(self, host: KeptHost) -> str:
        said = bytes(host.all.from_(0, 1 << 24)[0]).decode(errors="replace").strip()
        last = " | ".join(said.splitlines()[-3:]) or "nothing"
        what = "is unhealthy" if host.state != "exited" else f"ended with status {host.status}"
        return f"{host.spec.name} {what}; it said: {last}"

    def _fail(self, text: str) -> None:
        if self._not_up:
            say(failed=text)
            os._exit(1)

    def _lifeline(self) -> None:
        if b"release" not in os.read(0, 64):
            os._exit(1)
        self.unwatch(0)
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
            longest_s = max((h.spec.stop_grace_s for h in self.hosts.values()), default=0.0)
            self._down_until_s = time.monotonic() + longest_s
            self._told_to_end: set[str] = set()

    def _go_down(self) -> None:
        left = {name: h for name, h in self.hosts.items() if h.state not in {"created", "exited"}}
        assert self._down_until_s is not None
        if not left or time.monotonic() >= self._down_until_s:
            os._exit(0)
        needed = {name for host in left.values() for name in host.spec.depends_on}
        for name, host in left.items():
            if name not in needed and name not in self._told_to_end:
                self._told_to_end.add(name)
                self.tell(host, do="resume")
                self.tell(host, do="signal", signal="SIGTERM")


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
