"""A host, seen from outside: its supervisor does what is asked; to run a program it is entered."""

import signal
import socket
import sys
from collections.abc import Sequence
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from lab.api.engine import EngineHost, own_term
from lab.compose import limits
from lab.engines import lifecycle
from lab.engines.namespaces import agent_client, client, tracers
from lab.engines.namespaces.host import processes
from lab.engines.namespaces.idmap import USER_ID
from lab.errors import EngineError, UsageError
from lab.model import HostStatus

_EXEC = str(Path(__file__).parent / "host" / "exec.py")
# Of a program that SIGKILL has ended, and of an init.
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
_LINK_SCOPE = "20"  # IPV6_ADDR_LINKLOCAL, as in /proc/net/if_inet6
# Who can be had on a host, as names and as numbers; None: the default.
_USERS = {None: "root", "root": "root", "0": "root", "lab": "lab", str(USER_ID): "lab"}


class NamespaceHost(EngineHost):
    """A host that is a set of namespaces."""

    def __init__(self, lab: str, name: str, try_it: str, service: str) -> None:
        self._lab = lab
        self.name = name
        self.service = service
        self.try_it = try_it

    def status(self) -> HostStatus:
        """Ask the supervisor."""
        return status_of(self._entry(client.request(self._lab, "status")))

    def is_busy(self) -> bool:
        """Look at its threads in /proc."""
        return processes.is_busy(self._entry(client.request(self._lab, "status"))["pid"])

    def was_killed(self) -> bool:
        """Ask the supervisor: it has seen the end of the program, or of the init."""
        entry = self._entry(client.request(self._lab, "status"))
        return entry["state"] == lifecycle.EXITED and entry.get("exit_status") in _KILLED

    def _entry(self, response: dict[str, Any]) -> dict[str, Any]:
        return next(entry for entry in response["hosts"] if entry["name"] == self.name)

    def link_local_addresses(self) -> list[str]:
        """Look at the host's own interfaces."""
        hosts = client.request(self._lab, "status")["hosts"]
        pid = next(entry["pid"] for entry in hosts if entry["name"] == self.name)
        try:
            lines = Path(f"/proc/{pid}/net/if_inet6").read_text().splitlines()
        except OSError:  # it has ended
            return []
        rows = (line.split() for line in lines)
        return [str(IPv6Address(bytes.fromhex(row[0]))) for row in rows if row[3] == _LINK_SCOPE]

    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        """Return the command that enters and runs it.

        As the user `lab` a program is what the host's own programs are; else it has the rights of
        root there. UsageError for a user that is neither.
        """
        if user not in _USERS:
            text = f"{self.name}: cannot exec: no user {user}; on this engine hosts have root, lab"
            raise UsageError(text)
        response = client.request(self._lab, "status", host=self.name)
        entry = self._entry(response)
        if why := lifecycle.refusal(self.name, "exec", entry["state"]):
            raise EngineError(why)
        pid = entry["pid"]
        is_lab = _USERS[user] == "lab"
        number = response["user_namespace"] if is_lab else response.get("root_capabilities", 0)
        settings = [f"{key}={value}" for key, value in response["environment"].items()]
        term = own_term() if terminal else "-"
        python = [sys.executable, "-I", "-S", _EXEC]
        return [
            *(*python, self.name, str(pid), f"{_USERS[user]}={number}", response["folder"]),
            *(limits.text(response.get("limits", {})), term),
            *(*settings, "--", *argv),
        ]

    def begin_call_server(self) -> socket.socket:
        """Let the host's init fork one."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                client.request(self._lab, "call", host=self.name, descriptors=[theirs.fileno()])
            except EngineError:
                ours.close()
                raise
        return ours

    def begin_tracer(self) -> socket.socket:
        """Enter the host with one."""
        entry = self._entry(client.request(self._lab, "status"))
        if why := lifecycle.refusal(self.name, "exec", entry["state"]):
            raise EngineError(why)
        return tracers.begin(self._lab, self.name, entry["pid"])

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal to the host's program; KILL ends every process of the host."""
        client.request(self._lab, "kill", host=self.name, signal=signal)

    def pause(self) -> None:
        """Stop every process of the host (SIGSTOP)."""
        client.request(self._lab, "pause", host=self.name)

    def resume(self) -> None:
        """Let them go on (SIGCONT)."""
        client.request(self._lab, "resume", host=self.name)

    def restart(self) -> None:
        """End the host and make it anew."""
        grace_s = self._entry(client.request(self._lab, "status"))["stop_grace_s"]
        client.request(self._lab, "restart", host=self.name, longer_s=grace_s)

    def disconnect(self) -> None:
        """Delete the host's network interfaces."""
        client.request(self._lab, "disconnect", host=self.name)

    def connect(self) -> None:
        """Make them again, with the same addresses."""
        client.request(self._lab, "connect", host=self.name)

    def find_agent(self) -> socket.socket | None:
        """Let the supervisor connect to it."""
        return agent_client.connect(self._lab, self.name)

    def begin_agent(self) -> socket.socket:
        """Begin one where there is none."""
        return agent_client.begin(self._lab, self.name)


def status_of(entry: dict[str, Any]) -> HostStatus:
    """Return the status of a host, of its entry in what the supervisor responded."""
    return HostStatus(entry["name"], entry["state"], entry["health"], tuple(entry["addresses"]))
