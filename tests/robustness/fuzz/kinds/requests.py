"""Requests to a supervisor and to an agent of a lab that is up, on the engine `namespaces`."""

import contextlib
import json
import socket
from contextlib import ExitStack
from random import Random
from types import TracebackType
from typing import Any, ClassVar, Self

from lab.api.fault import LinkFault
from lab.api.lab import Lab
from lab.engines import choice
from lab.engines.namespaces import client, diagnostics, protocol
from tests.integration.own_lab import own_lab
from tests.robustness.fuzz.kinds import Kind
from tests.robustness.fuzz.mutation import mutated, mutated_value

WITHIN_S = 20.0
_EVERY_LOOK = 25
TO_SUPERVISOR: tuple[dict[str, Any], ...] = (
    {"command": "status"},
    {"command": "status", "host": "left"},
    {"command": "output", "host": "left", "alone": True, "follow": False},
    {"command": "output_since", "host": "left", "position": 0},
    {"command": "agent", "host": "left"},
    {"command": "agent_begun", "host": "left", "pid": 1},
    *({"command": one, "host": "left"} for one in ("pause", "resume", "disconnect", "connect")),
    {"command": "call", "host": "left"},
)
TO_AGENT: tuple[dict[str, Any], ...] = (
    {"do": "hello"},
    {"do": "list"},
    {"do": "status", "fault": 1},
    {"do": "lift", "fault": 2},
    {
        **{"do": "add", "impairment": "drop", "asked": {"tcp": "syn", "first": 1}, "for_ms": 5},
        **{"addresses": ["198.18.67.9"], "source": "left", "target": "right"},
    },
    {
        **{"do": "add", "impairment": "delay", "asked": {"delay_ms": 5, "seed": 7}},
        **{"addresses": ["198.18.67.9"], "source": "left", "target": "right"},
    },
    {"do": "sysctl", "values": {"net.ipv4.tcp_retries2": "5"}},
    {
        **{"do": "capture", "sources": {"left": ["198.18.67.9"]}, "snap_bytes": 100},
        **{"host": "right", "first_id": 0},
    },
)


class _OfLab(Kind):
    RENEWED_AFTER = 300
    REQUESTS: ClassVar[tuple[dict[str, Any], ...]]
    lab: Lab
    fault: LinkFault

    @classmethod
    def why_not(cls) -> str:
        """Ask the machine."""
        found = diagnostics.user_namespaces()
        return "" if found.ok else f"{found.name}: {found.seen}; {found.remedy}"

    def __enter__(self) -> Self:
        super().__enter__()
        self._stack = ExitStack()
        self.lab = self._stack.enter_context(own_lab(choice.load(choice.NAMESPACES), "pair.yaml"))
        # Somebody's, which nothing that others send may lift.
        self.fault = self._stack.enter_context(self.lab.link("left", "right").drop())
        self._pid = client.request(self.lab.name, "status")["pid"]
        self._checked = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
        super().__exit__(kind, error, traceback)

    def mutant(self, rng: Random) -> bytes:
        """Return one."""
        found = b""
        for _ in range(rng.choice((1, 1, 1, 2))):
            request = rng.choice(self.REQUESTS)
            if rng.random() < 0.7:
                found += json.dumps(mutated_value(rng, request)).encode() + b"\n"
            else:
                found += mutated(rng, json.dumps(request).encode() + b"\n")
        return found

    def check(self, mutant: bytes) -> None:
        """Send it, and take what comes; now and then see that nothing of others has gone."""
        self.ask(mutant)
        self._checked += 1
        if self._checked % _EVERY_LOOK == 1:
            assert client.request(self.lab.name, "status")["pid"] == self._pid
            assert self.fault.status.active

    def ask(self, mutant: bytes) -> None:
        """Send it, and assert that what comes is an answer."""
        raise NotImplementedError


def _sent(connected: socket.socket, data: bytes) -> bytes:
    """Send all, and the end; return what comes until its end. TimeoutError when none comes."""
    connected.settimeout(WITHIN_S)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connected.sendall(data)
    found = b""
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ConnectionResetError):
        while piece := connected.recv(1 << 16):
            found += piece
    return found


def _lifts_the_fault(line: bytes) -> bool:
    """Tell whether it lifts the fault of others, as whoever knows its number may."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(request, dict) and request.get("do") == "lift" and request.get("fault") == 1


class ToSupervisor(_OfLab):
    """A supervisor answers in JSON, or leaves who sends this; it goes on."""

    NAME = "request to supervisor"
    SHARE = 5
    REQUESTS = TO_SUPERVISOR

    def ask(self, mutant: bytes) -> None:
        """See above."""
        if b"down" in mutant:  # which it does
            return
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(protocol.address_of(self.lab.name))
            response = _sent(sock, mutant)
        if response.startswith(b"{"):
            assert isinstance(json.loads(response), dict)


class ToAgent(_OfLab):
    """An agent answers each line in JSON, or leaves who sends this; the faults of others stay."""

    NAME = "request to agent"
    SHARE = 5
    REQUESTS = TO_AGENT

    def ask(self, mutant: bytes) -> None:
        """See above."""
        if any(_lifts_the_fault(line) for line in mutant.splitlines()):
            return
        connected = self.lab.host("right").find_agent()
        assert connected, "the agent has ended"
        with connected:
            response = _sent(connected, mutant)
        for line in response.splitlines():
            if not line.startswith(b'{"'):  # a capture
                return
            answer = json.loads(line)
            assert answer.keys() & {"done", "invalid", "failed"}
            assert "internal error" not in str(answer.get("failed")), answer
