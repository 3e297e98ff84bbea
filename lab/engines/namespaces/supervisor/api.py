"""Handles the requests of clients: state, outputs, and what is to be done to a host.

The response to a command comes when it has been done.
"""

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from lab.engines.lifecycle import EXITED
from lab.engines.namespaces.protocol import FRAME, STAMP, peer
from lab.engines.namespaces.supervisor.actions import Actions, Condition, Lab
from lab.engines.namespaces.supervisor.agent_channels import AgentChannels
from lab.engines.namespaces.supervisor.host_state import HostState
from lab.engines.namespaces.supervisor.loop import Loop
from lab.errors import EngineError

_MOST_BYTES = 1 << 16
_RESPONSE_WITHIN_S = 1.0
_MOST_WHY = 200  # characters of what a client has got wrong, which may be all that it sent
# The commands that need no host.
_OF_THE_LAB = {"status", "down"}


class _Reader:
    """A client that reads an output: as it came, or by streams, with times."""

    def __init__(self, sock: socket.socket, host: HostState, request: dict[str, Any]) -> None:
        self.sock = sock
        self.host = host
        self.output = host.outputs.stdout if request.get("alone") else host.outputs.all
        self.follow = request.get("follow", False)
        self.unsent = b""  # of a frame
        self._make = self._stretch if request["command"] == "output_since" else self._piece
        self._position = _position(request.get("position", 0))
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


def _position(asked: object) -> int:
    """Return a position of an output; ValueError if it is none."""
    if not isinstance(asked, int) or asked < 0:
        text = f"position {asked!r}"
        raise ValueError(text)
    return asked


class RequestHandler:
    """Serves the clients of the control socket; never waits for one."""

    def __init__(self, supervisor: Lab, loop: Loop, control: socket.socket) -> None:
        self._supervisor = supervisor
        self._actions = Actions(supervisor)
        self._agents = AgentChannels(loop)
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
        if peer(sock)[1] != os.geteuid():
            sock.close()
            return
        sock.setblocking(False)
        self._loop.watch(sock.fileno(), lambda: self._receive(sock))

    def _turn_away(self, why: str) -> None:
        """Refuse a client on a descriptor that is kept for that (EMFILE, ENFILE of accept(2))."""
        os.close(self._spare)
        text = f"lab {self._supervisor.lab.name}: its supervisor has {why.lower()}"
        with contextlib.suppress(OSError):
            sock, _ = self._control.accept()
            with sock:
                sock.setblocking(False)
                sock.sendall(json.dumps({"error": text}).encode() + b"\n")
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def _receive(self, sock: socket.socket) -> None:
        try:
            text, descriptors, _, _ = socket.recv_fds(sock, _MOST_BYTES, 1)
        except OSError:
            text, descriptors = b"", []
        try:
            if not text or self._is_served(sock):  # its end, or a second request
                self._close(sock)
            else:
                request = {**json.loads(text), "descriptors": descriptors}
                self._handle(sock, request["command"], self._host(request), request)
        except Exception as error:  # whoever sends this, of whatever version: the lab goes on
            why = f"lab {self._supervisor.lab.name}: not a request: {type(error).__name__}: {error}"
            self._respond(sock, {"error": why[:_MOST_WHY]})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _is_served(self, sock: socket.socket) -> bool:
        """Has it sent a request, that is not answered to the end?"""
        waiting = (entry[2] for entry in self._waiting)
        return any(one is sock for one in (*waiting, *(reader.sock for reader in self._readers)))

    def _host(self, request: dict[str, Any]) -> HostState | None:
        """Return the host that a request names, None for a command of the lab."""
        if request["command"] in _OF_THE_LAB and "host" not in request:
            return None
        return self._supervisor.hosts[request["host"]]

    def _handle(
        self, sock: socket.socket, command: str, host: HostState | None, request: dict[str, Any]
    ) -> None:
        if command == "status":
            self._respond(sock, self._status(host))
        elif command == "down":
            within_s = self._supervisor.longest_down_s()
            pid = int(Path("/proc/self").readlink().name)
            self._respond(sock, {"pid": pid, "within_s": within_s})
            self._supervisor.take_down()
        elif host and command in {"output", "output_since"}:
            self._send_output(sock, host, request)
        elif host and command in {"agent", "agent_begun"}:
            self._respond(sock, self._agent(command, host, request))
        elif host:
            self._act(sock, host, request)

    def _agent(self, command: str, host: HostState, request: dict[str, Any]) -> dict[str, Any]:
        """Hand a client over to the agent of a host, or keep the channel to one that was begun."""
        descriptors = request["descriptors"]
        try:
            if command == "agent":
                done = self._agents.hand_over(host, descriptors)
            else:
                done = self._agents.add(host, request["pid"], descriptors)
        except EngineError as error:
            return {"error": str(error)}
        supervisor = int(Path("/proc/self").readlink().name)
        return {"agent": done, "pid": host.outer_pid, "supervisor": supervisor}

    def _status(self, asked: HostState | None) -> dict[str, Any]:
        spec = asked.spec if asked else None
        hosts = [
            {
                "name": host.spec.name,
                "state": host.state,
                "exit_status": host.status,
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
            "root_capabilities": spec.root_capabilities if spec else 0,
        }

    def _act(self, sock: socket.socket, host: HostState, request: dict[str, Any]) -> None:
        try:
            done = self._actions.begin(request["command"], host, request)
        except EngineError as error:
            self._respond(sock, {"error": str(error)})
        else:
            self._waiting.append((host, done, sock))
            self.changed(host)

    def changed(self, host: HostState) -> None:
        """Respond to those who waited for what is now true of a host."""
        if host.state == EXITED:
            self._agents.forget(host)
        for entry in list(self._waiting):
            waited_for, done, sock = entry
            if waited_for is not host:
                continue
            try:
                response: dict[str, Any] | None = {"ok": True} if done() else None
            except EngineError as error:
                response = {"error": str(error)}
            if response:
                self._waiting.remove(entry)
                self._respond(sock, response)

    def _respond(self, sock: socket.socket, response: dict[str, Any]) -> None:
        # The client waits for it; one that does not read it is not waited for.
        with contextlib.suppress(OSError):
            sock.settimeout(_RESPONSE_WITHIN_S)
            sock.sendall(json.dumps(response).encode() + b"\n")
        self._close(sock)

    def _close(self, sock: socket.socket) -> None:
        self._readers = [reader for reader in self._readers if reader.sock is not sock]
        self._waiting = [entry for entry in self._waiting if entry[2] is not sock]
        if sock.fileno() >= 0:
            self._loop.unwatch(sock.fileno())
        sock.close()

    # --- outputs

    def _send_output(self, sock: socket.socket, host: HostState, request: dict[str, Any]) -> None:
        host.outputs.read()
        reader = _Reader(sock, host, request)
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
            self._loop.watch(reader.sock.fileno(), lambda: self._receive(reader.sock))
        else:
            self._close(reader.sock)
