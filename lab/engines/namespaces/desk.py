"""Where the keeper answers questions: state, outputs, and what is to be done to a host.

An answer to something done comes when it is in force.
"""

import contextlib
import json
import os
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.engines.namespaces import links
from lab.engines.namespaces.kept import KeptHost

if TYPE_CHECKING:
    from lab.engines.namespaces.keeper import Keeper

_MOST_BYTES = 1 << 16
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid (unix(7))


class _Reader:
    """A client that reads an output."""

    def __init__(self, sock: socket.socket, host: KeptHost, *, alone: bool, follow: bool) -> None:
        self.sock = sock
        self.host = host
        self.output = host.stdout if alone else host.all
        self.follow = follow
        self.position = 0


class Desk:
    """Serves the clients of the control socket; never waits for one."""

    def __init__(self, keeper: "Keeper", control: socket.socket) -> None:
        self._keeper = keeper
        self._control = control
        self._readers: list[_Reader] = []
        # Who waits for what to become true of a host.
        self._waiting: list[tuple[KeptHost, Callable[[], bool], socket.socket]] = []
        control.setblocking(False)
        keeper.watch(control.fileno(), self._accept)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            sock, _ = self._control.accept()
            credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            # In this user namespace the lab's own user is root; anybody else is somebody else.
            if _CREDENTIALS.unpack(credentials)[1] != os.geteuid():
                sock.close()
                return
            sock.setblocking(False)
            self._keeper.watch(sock.fileno(), lambda: self._hear(sock))

    def _hear(self, sock: socket.socket) -> None:
        try:
            text = sock.recv(_MOST_BYTES)
        except OSError:
            text = b""
        if not text:
            self._close(sock)
            return
        question = json.loads(text)
        ask = question["ask"]
        if ask == "status":
            self._answer(sock, self._status())
        elif ask == "down":
            self._answer(sock, {"pid": int(Path("/proc/self").readlink().name)})
            self._keeper.take_down()
        elif ask == "output":
            self._read(sock, question)
        else:
            self._do(sock, self._keeper.hosts[question["host"]], ask, question)

    def _status(self) -> dict[str, Any]:
        hosts = [
            {
                "name": host.spec.name,
                "state": host.state if host.state != "starting" else "created",
                "health": host.health,
                "addresses": host.addresses(),
                "pid": host.outer_pid,
                "try_it": host.spec.try_it,
                "environment": host.spec.environment,
            }
            for host in self._keeper.hosts.values()
        ]
        return {
            "topology": self._keeper.lab.topology,
            "hosts": hosts,
            "pid": int(Path("/proc/self").readlink().name),
            "folder": self._keeper.lab.folder,
            "user_namespace": self._keeper.inner,
        }

    def _do(self, sock: socket.socket, host: KeptHost, ask: str, question: dict[str, Any]) -> None:
        keeper = self._keeper
        done: Callable[[], bool]
        if ask in {"pause", "resume"}:
            wanted = "paused" if ask == "pause" else "running"
            keeper.tell(host, do=ask)
            done = lambda: host.state in {wanted, "exited"}  # noqa: E731
        elif ask == "kill":
            name = f"SIG{question['signal']}"
            if name not in signal.Signals.__members__:
                self._answer(sock, {"failed": f"{host.spec.name}: no signal {question['signal']}"})
                return
            keeper.tell(host, do="signal", signal=name)
            done = (lambda: host.state == "exited") if name == "SIGKILL" else (lambda: True)
        elif ask == "restart":
            keeper.restart(host)
            done = lambda: not host.restarting and host.state == "running"  # noqa: E731
        else:
            try:
                self._plug(host, connect=ask == "connect")
            except OSError as error:
                self._answer(sock, {"failed": f"{host.spec.name}: {ask}: {error}"})
                return
            done = lambda: not host.plugging  # noqa: E731
        self._waiting.append((host, done, sock))
        self.changed(host)

    def _plug(self, host: KeptHost, *, connect: bool) -> None:
        if connect:
            links.ip_batch(self._keeper.cable_commands(host))
            host.plugging = True
            self._keeper.tell(host, do="network")
        else:
            count = len(host.spec.interfaces)
            links.ip_batch(f"link del {links.cable_name(host.number, n)}" for n in range(count))
        host.connected = connect

    def changed(self, host: KeptHost) -> None:
        """Answer those who waited for what is now true."""
        for entry in list(self._waiting):
            waited_for, done, sock = entry
            if waited_for is host and done():
                self._waiting.remove(entry)
                self._answer(sock, {"ok": True})

    def _answer(self, sock: socket.socket, answer: dict[str, Any]) -> None:
        # Small, and the client waits for it: it fits into the socket's buffer.
        with contextlib.suppress(OSError):
            sock.send(json.dumps(answer).encode() + b"\n")
        self._close(sock)

    def _close(self, sock: socket.socket) -> None:
        self._readers = [reader for reader in self._readers if reader.sock is not sock]
        self._waiting = [entry for entry in self._waiting if entry[2] is not sock]
        self._keeper.unwatch(sock.fileno())
        sock.close()

    # --- outputs

    def _read(self, sock: socket.socket, question: dict[str, Any]) -> None:
        host = self._keeper.hosts[question["host"]]
        reader = _Reader(sock, host, alone=question["alone"], follow=question["follow"])
        self._readers.append(reader)
        self._pump(reader)

    def written(self, host: KeptHost) -> None:
        """Pass on what a host wrote to those who follow it."""
        for reader in list(self._readers):
            if reader.host is host:
                self._pump(reader)

    def _pump(self, reader: _Reader) -> None:
        """Send as much as the client takes now."""
        while True:
            piece, after = reader.output.from_(reader.position, _MOST_BYTES)
            if not piece:
                break
            try:
                sent = reader.sock.send(piece)
            except BlockingIOError:
                self._keeper.watch(reader.sock.fileno(), lambda: self._pump(reader), write=True)
                return
            except OSError:
                self._close(reader.sock)
                return
            reader.position = after - len(piece) + sent
        if reader.follow:
            self._keeper.watch(reader.sock.fileno(), lambda: self._hear(reader.sock))
        else:
            self._close(reader.sock)
