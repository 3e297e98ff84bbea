"""The process that is the lab: process 1 of its pid namespace, parent of every host's init.

Started by `lab up` with the LabSpec as a line on standard input; it says on standard output, a
JSON object a line, how far it is. Standard input stays open as a lifeline: until it says `release`,
its end is the end of the lab. Whatever ends the keeper, the kernel ends all the rest.
"""

import contextlib
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
        self._up = False
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
        links.ip_batch(links.bridge_commands(len(self.lab.networks)))
        for host in self.hosts.values():
            self._spawn(host)
        while True:
            for descriptor, _ in self._poll.poll(self._wait_s()):
                if handler := self._handlers.get(descriptor):
                    handler()
            self._go_on()

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
            kept = {0, 1, 2, channel.fileno(), self.inner}
            for entry in list(Path("/proc/self/fd").iterdir()):
                if int(entry.name) not in kept:
                    with contextlib.suppress(OSError):  # the one that listed them
                        os.close(int(entry.name))
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
            return
        message = json.loads(text)
        state = message["is"]
        if state == "unshared":
            host.outer_pid = message["pid"]
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
        self._desk.changed(host)

    def _cables(self) -> None:
        """Lay the cables of all hosts that have a namespace and no cable yet, in one go."""
        waiting = [h for h in self.hosts.values() if h.channel and not h.ready]
        if any(not host.outer_pid for host in waiting):
            return
        commands = [line for host in waiting for line in self.cable_commands(host)]
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

    def _go_on(self) -> None:
        """Start what may start, say when all is up, and go on with taking down."""
        if self._down_until_s is not None:
            self._go_down()
            return
        for host in self.hosts.values():
            if host.ready and host.state == "created" and self._may_start(host):
                host.ready = False
                say(doing="starting hosts", detail=host.spec.name)
                self.tell(host, do="start")
                host.state = "starting"
        if self._up:
            return
        hosts = self.hosts.values()
        done = [h for h in hosts if self._may_end(h) and h.meets("service_completed_successfully")]
        for host in hosts:
            if host not in done and (host.state == "exited" or host.health == "unhealthy"):
                self._fail(self._obituary(host))
        rest = [host for host in hosts if host not in done]
        if all(host.state == "running" and host.health in {None, "healthy"} for host in rest):
            self._up = True
            say(up=True)

    def _may_start(self, host: KeptHost) -> bool:
        needs = host.spec.depends_on.items()
        return all(self.hosts[name].meets(condition) for name, condition in needs)

    def _may_end(self, host: KeptHost) -> bool:
        """Tell whether another host waits for this one to end."""
        condition = "service_completed_successfully"
        others = (other.spec.depends_on for other in self.hosts.values())
        return any(needs.get(host.spec.name) == condition for needs in others)

    def _obituary(self, host: KeptHost) -> str:
        said = bytes(host.all.from_(0, 1 << 24)[0]).decode(errors="replace").strip()
        last = " | ".join(said.splitlines()[-3:]) or "nothing"
        what = "is unhealthy" if host.state != "exited" else f"ended with status {host.status}"
        return f"{host.spec.name} {what}; it said: {last}"

    def _fail(self, text: str) -> None:
        if not self._up:
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
