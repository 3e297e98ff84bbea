"""A lab whose hosts are this machine: they remember what is done to them."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.api.engine import EngineHost, EngineLab, Progress
from lab.api.outputs import Piece
from lab.errors import EngineError
from lab.model import HostStatus, LabStatus

CALL_SERVER = Path(__file__).parents[4] / "lab/agent/call_server"


class FakeHost(EngineHost):
    """Programs and call servers run on this machine; the agent is a thread."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.try_it = ""
        self.done: list[str] = []
        self.fails = ""  # what cannot be done to it
        self.call_servers: list[subprocess.Popen[bytes]] = []
        self.faults: list[dict[str, Any]] = []
        self._address = address

    def status(self) -> HostStatus:
        return HostStatus(self.name, "running", None, (self._address,))

    def is_busy(self) -> bool:
        return False

    def was_killed(self) -> bool:
        return False

    def link_local_addresses(self) -> Sequence[str]:
        return ()

    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        del user, terminal
        return list(argv)

    def _do(self, action: str) -> None:
        self.done.append(action)
        if action == self.fails:
            text = f"{self.name}: {action}: cannot be"
            raise EngineError(text)

    def kill(self, signal: str = "KILL") -> None:
        del signal
        self._do("kill")

    def pause(self) -> None:
        self._do("pause")

    def resume(self) -> None:
        self._do("resume")

    def restart(self) -> None:
        self._do("restart")

    def disconnect(self) -> None:
        self._do("disconnect")

    def connect(self) -> None:
        self._do("connect")

    def find_agent(self) -> socket.socket | None:
        return self.begin_agent()

    def begin_agent(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._answer, args=[theirs], daemon=True).start()
        return ours

    def _answer(self, connected: socket.socket) -> None:
        with connected, connected.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                lines.write(json.dumps({"done": self._answer_to(json.loads(line))}) + "\n")
                lines.flush()

    def _answer_to(self, request: dict[str, Any]) -> Any:
        do = request.pop("do")
        if do == "add":
            asked = {key: request[key] for key in ("source", "target", "impairment", "asked")}
            number = len(self.faults) + 1
            state = {"fault": number, "active": True, "exhausted": False, "left_ms": None}
            counted = {"matched_packets": 0, "acted_packets": 0, "acted_bytes": 0}
            self.faults.append(asked | state | counted | {"stays": request["stay"]})
        elif do in {"status", "lift"}:
            number = request["fault"]
            self.faults[number - 1] |= {"matched_packets": 3, "active": do == "status"}
        else:
            return {}
        return {key: value for key, value in self.faults[number - 1].items() if key != "target"}

    def begin_call_server(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-I", "-S", str(CALL_SERVER)]
            ends = theirs.fileno()
            self.call_servers.append(subprocess.Popen(argv, stdin=ends, stdout=ends))
        return ours

    def begin_tracer(self) -> socket.socket:
        raise EngineError(f"{self.name}: has no processes")


class FakeLab(EngineLab):
    """Two hosts, `client` and `server`."""

    has_partial_lines = False

    def __init__(self) -> None:
        self.name = "fake"
        self.client = FakeHost("client", "192.0.2.1")
        self.server = FakeHost("server", "192.0.2.2")
        self.fake_hosts = (self.client, self.server)
        self.hosts = {host.name: host for host in self.fake_hosts}
        self.is_up = True

    def status(self) -> LabStatus:
        hosts = tuple(host.status() for host in self.hosts.values())
        return LabStatus(self.name, "fake", "compose.yaml", hosts)

    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        del host, alone, follow
        return iter(())

    def reader(self, host: str) -> Callable[[], Iterator[Piece]]:
        del host
        return lambda: iter(())

    def down(self, *, progress: Progress) -> None:
        del progress
        self.is_up = False
