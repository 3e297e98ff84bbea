"""Where the supervisor answers questions: state, outputs, and what is to be done to a host.

An answer to something done comes when it is in force.
"""

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from lab.engines.namespaces.client import FRAME, STAMP, peer_uid
from lab.engines.namespaces.supervisor.actions import Actions, Condition, Lab, RefusedError
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.loop import Loop

_MOST_BYTES = 1 << 16
_ANSWER_WITHIN_S = 1.0


class _Reader:
    """A client that reads an output: as it came, or by streams, with times."""

    def __init__(self, sock: socket.socket, host: HostState, question: dict[str, Any]) -> None:
        self.sock = sock
        self.host = host
        self.output = host.stdout if question.get("alone") else host.all
        self.follow = question.get("follow", False)
        self.unsent = b""  # of a frame
        self._make = self._stretch if question["ask"] == "printed" else self._piece
        self._position = question.get("position", 0)
        self._until = self.output.end()

    def load(self) -> bool:
        """Make the next frame, if the last one has been sent; tell whether there is any."""
        if not self.unsent and (self.follow or self._position < self._until):
            self.unsent = self._make()
        return bool(self.unsent)

    def _piece(self) -> bytes:
        piece, after = self.output.from_(self._position, _MOST_BYTES)
        lost_bytes, self._position = after - len(piece) - self._position, after
        return FRAME.pack(lost_bytes, len(piece)) + piece if piece else b""

    def _stretch(self) -> bytes:
        found = self.output.stretch_from(self._position, _MOST_BYTES)
        if found is None:
            return b""
        lost_bytes = found.end - len(found.data) - self._position
        self._position = found.end
        head = FRAME.pack(lost_bytes, len(found.data)) + STAMP.pack(found.time_ns, found.stream)
        return head + found.data


class Desk:
    """Serves the clients of the control socket; never waits for one."""

    def __init__(self, supervisor: Lab, loop: Loop, control: socket.socket) -> None:
        self._supervisor = supervisor
        self._actions = Actions(supervisor)
        self._loop = loop
        self._control = control
        self._readers: list[_Reader] = []
        # Who waits for what to become true of a host.
        self._waiting: list[tuple[HostState, Condition, socket.socket]] = []
        self._spare = os.open(os.devnull, os.O_RDONLY)
        control.setblocking(False)
        loop.watch(control.fileno(), self._accept)

    def _accept(self) -> None:
        try:
            sock, _ = self._control.accept()
        except BlockingIOError:
            return
        except OSError as error:
            self._turn_away(str(error.strerror))
            return
        # In this user namespace the lab's own user is root; anybody else is somebody else.
        if peer_uid(sock) != os.geteuid():
            sock.close()
            return
        sock.setblocking(False)
        self._loop.watch(sock.fileno(), lambda: self._hear(sock))

    def _turn_away(self, why: str) -> None:
        """Answer who cannot be served, on a descriptor that is kept for that (EMFILE, ENFILE)."""
        os.close(self._spare)
        text = f"lab {self._supervisor.lab.name}: its supervisor has {why.lower()}"
        with contextlib.suppress(OSError):
            sock, _ = self._control.accept()
            with sock:
                sock.setblocking(False)
                sock.sendall(json.dumps({"failed": text}).encode() + b"\n")
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def _hear(self, sock: socket.socket) -> None:
        try:
            text, given, _, _ = socket.recv_fds(sock, _MOST_BYTES, 1)
        except OSError:
            text, given = b"", []
        if not text:
            self._close(sock)
            return
        question = {**json.loads(text), "descriptors": given}
        ask = question["ask"]
        if ask == "status":
            self._answer(sock, self._status(question.get("host")))
        elif ask == "down":
            within_s = self._supervisor.longest_down_s()
            pid = int(Path("/proc/self").readlink().name)
            self._answer(sock, {"pid": pid, "within_s": within_s})
            self._supervisor.take_down()
        elif ask in {"output", "printed"}:
            self._read(sock, question)
        else:
            self._do(sock, self._supervisor.hosts[question["host"]], ask, question)
        for descriptor in given:
            os.close(descriptor)

    def _status(self, asked: str | None) -> dict[str, Any]:
        spec = self._supervisor.hosts[asked].spec if asked else None
        hosts = [
            {
                "name": host.spec.name,
                "state": host.shown_state,
                "health": host.health,
                "addresses": host.addresses(),
                "pid": host.outer_pid,
                "service": host.spec.service,
                "try_it": host.spec.try_it,
                "stop_grace_s": host.spec.stop_grace_s,
            }
            for host in self._supervisor.hosts.values()
        ]
        return {
            "topology": self._supervisor.lab.topology,
            "hosts": hosts,
            "environment": spec.environment if spec else {},
            "limits": spec.limits if spec else {},
            "pid": int(Path("/proc/self").readlink().name),
            "folder": (spec and spec.working_dir) or self._supervisor.lab.folder,
            "user_namespace": self._supervisor.inner,
        }

    def _do(self, sock: socket.socket, host: HostState, ask: str, question: dict[str, Any]) -> None:
        try:
            done = self._actions.begin(ask, host, question)
        except RefusedError as error:
            self._answer(sock, {"failed": str(error)})
        else:
            self._waiting.append((host, done, sock))
            self.changed(host)

    def changed(self, host: HostState) -> None:
        """Answer those who waited for what is now true."""
        for entry in list(self._waiting):
            waited_for, done, sock = entry
            if waited_for is not host:
                continue
            try:
                answer: dict[str, Any] | None = {"ok": True} if done() else None
            except RefusedError as error:
                answer = {"failed": str(error)}
            if answer:
                self._waiting.remove(entry)
                self._answer(sock, answer)

    def _answer(self, sock: socket.socket, answer: dict[str, Any]) -> None:
        # The client waits for it; one that does not read it is not waited for.
        with contextlib.suppress(OSError):
            sock.settimeout(_ANSWER_WITHIN_S)
            sock.sendall(json.dumps(answer).encode() + b"\n")
        self._close(sock)

    def _close(self, sock: socket.socket) -> None:
        self._readers = [reader for reader in self._readers if reader.sock is not sock]
        self._waiting = [entry for entry in self._waiting if entry[2] is not sock]
        self._loop.unwatch(sock.fileno())
        sock.close()

    # --- outputs

    def _read(self, sock: socket.socket, question: dict[str, Any]) -> None:
        host = self._supervisor.hosts[question["host"]]
        self._supervisor.collect(host)
        reader = _Reader(sock, host, question)
        self._readers.append(reader)
        self._pump(reader)

    def written(self, host: HostState) -> None:
        """Pass on what a host wrote to those who follow it."""
        for reader in list(self._readers):
            if reader.host is host:
                self._pump(reader)

    def _pump(self, reader: _Reader) -> None:
        """Send as much as the client takes now."""
        while reader.load():
            try:
                sent = reader.sock.send(reader.unsent)
            except BlockingIOError:
                self._loop.watch(reader.sock.fileno(), lambda: self._pump(reader), write=True)
                return
            except OSError:
                self._close(reader.sock)
                return
            reader.unsent = reader.unsent[sent:]
        if reader.follow:
            self._loop.watch(reader.sock.fileno(), lambda: self._hear(reader.sock))
        else:
            self._close(reader.sock)
