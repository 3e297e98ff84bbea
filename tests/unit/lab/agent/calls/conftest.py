"""A caller of this machine's own, a process as on a host; what it calls stays on loopback."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.api.call_client import CallClient, CallConnection

PROGRAM = Path(__file__).parents[5] / "lab/agent/call_server"


class Here:
    """A caller with the process it is, and fewer words to call."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        self.caller = CallClient(CallConnection("here", self._connect))

    def _connect(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-I", "-S", str(PROGRAM)]
            ends = theirs.fileno()
            self.processes.append(subprocess.Popen(argv, stdin=ends, stdout=ends))
        return ours

    def gives(self, name: str, /, **arguments: Any) -> Any:
        """Make a call that must not raise; return what it gave, as the caller wrote it."""
        result = self.caller.call(name, **spelled(arguments))
        assert result.raised is None, result
        assert result.began_ns <= result.ended_ns
        return result.returned

    def raises(self, name: str, /, **arguments: Any) -> str:
        """Make a call that must raise; return the name of that."""
        result = self.caller.call(name, **spelled(arguments))
        assert result.raised, result
        return str(result.raised["name"])

    def connected(self, family: str = "ipv4") -> None:
        """Open `c` and `s`, two ends of a TCP connection; the listener is `door`."""
        self.gives("listen", as_="door", port=0, family=family)
        self.gives("connect", as_="c", to=self.address_of("door"), family=family)
        self.gives("accept", socket="door", as_="s")

    def address_of(self, name: str) -> str:
        """Return where others reach it."""
        host, _, port = self.gives("getsockname", socket=name).rpartition(":")
        return f"{host.replace('0.0.0.0', '127.0.0.1').replace('::', '::1')}:{port}"


def spelled(arguments: dict[str, Any]) -> dict[str, Any]:
    """Spell `as_`, which Python needs for `as`."""
    return {name.rstrip("_"): value for name, value in arguments.items()}


@pytest.fixture
def here() -> Iterator[Here]:
    """A caller; when it is left, its process ends by itself."""
    made = Here()
    yield made
    made.caller.close()
    for process in made.processes:
        assert process.wait(timeout=20) == 0
