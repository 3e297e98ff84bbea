"""The engine `namespaces`, seen from outside: starts supervisors, talks to them, enters hosts."""

import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from lab.api.engine import Engine, EngineHost, EngineLab, Progress, own_term, shown_file
from lab.api.lab import Lab
from lab.api.outputs import Piece
from lab.compose import limits, replicas
from lab.compose.errors import LocatedError
from lab.engines import lifecycle
from lab.engines.namespaces import agent_client, agent_launcher, checks, client
from lab.engines.namespaces.host import processes
from lab.engines.namespaces.idmap import USER_ID
from lab.engines.namespaces.supervisor_process import SupervisorProcess
from lab.errors import EngineError, LabGoneError, UsageError
from lab.model import ComposeFiles, Finding, HostStatus, LabStatus

_ENTER = str(Path(__file__).parent / "host" / "exec.py")
_LINK_SCOPE = "20"  # IPV6_ADDR_LINKLOCAL, as in /proc/net/if_inet6
_END_WITHIN_S = 5.0  # beyond the graces of the hosts
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
        return _status(self._entry(client.ask(self._lab, ask="status")))

    def is_busy(self) -> bool:
        """Look at its threads in /proc."""
        return processes.is_busy(self._entry(client.ask(self._lab, ask="status"))["pid"])

    def _entry(self, answer: dict[str, Any]) -> dict[str, Any]:
        return next(entry for entry in answer["hosts"] if entry["name"] == self.name)

    def link_local_addresses(self) -> list[str]:
        """Look at the host's own interfaces."""
        hosts = client.ask(self._lab, ask="status")["hosts"]
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

        As the user `lab` a program is what the host's own programs are; else it has every right
        over the host, and none over the machine. UsageError for a user that is neither.
        """
        if user not in _USERS:
            text = f"{self.name}: cannot exec: no user {user}; on this engine hosts have root, lab"
            raise UsageError(text)
        answer = client.ask(self._lab, ask="status", host=self.name)
        entry = self._entry(answer)
        if why := lifecycle.refusal(self.name, "exec", entry["state"]):
            raise EngineError(why)
        pid = entry["pid"]
        inner = str(answer["user_namespace"]) if _USERS[user] == "lab" else "-"
        settings = [f"{key}={value}" for key, value in answer["environment"].items()]
        term = own_term() if terminal else "-"
        python = [sys.executable, "-I", "-S", _ENTER]
        return [
            *(*python, self.name, str(pid), inner, answer["folder"]),
            *(limits.text(answer.get("limits", {})), term),
            *(*settings, "--", *argv),
        ]

    def begin_call_server(self) -> socket.socket:
        """Let the host's init fork one."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                client.ask(self._lab, ask="call", host=self.name, descriptors=[theirs.fileno()])
            except EngineError:
                ours.close()
                raise
        return ours

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal to the host's program; KILL ends every process of the host."""
        client.ask(self._lab, ask="kill", host=self.name, signal=signal)

    def pause(self) -> None:
        """Stop every process of the host (SIGSTOP)."""
        client.ask(self._lab, ask="pause", host=self.name)

    def resume(self) -> None:
        """Let them go on (SIGCONT)."""
        client.ask(self._lab, ask="resume", host=self.name)

    def restart(self) -> None:
        """End the host and make it anew."""
        grace_s = self._entry(client.ask(self._lab, ask="status"))["stop_grace_s"]
        client.ask(self._lab, ask="restart", host=self.name, longer_s=grace_s)

    def disconnect(self) -> None:
        """Take the host's cables away."""
        client.ask(self._lab, ask="disconnect", host=self.name)

    def connect(self) -> None:
        """Lay them again."""
        client.ask(self._lab, ask="connect", host=self.name)

    def find_agent(self) -> socket.socket | None:
        """Try its socket."""
        return agent_client.connect(self._lab, self.name)

    def begin_agent(self) -> socket.socket:
        """Begin one where nobody answers; somebody else's that has just ended is begun anew."""
        while (connected := self.find_agent()) is None:
            agent_client.start(self._lab, self.name, client.ask(self._lab, ask="status"))
        return connected


def _status(entry: dict[str, Any]) -> HostStatus:
    return HostStatus(entry["name"], entry["state"], entry["health"], tuple(entry["addresses"]))


def _service(entry: dict[str, Any]) -> str:
    return str(entry.get("service", ""))  # a lab of an older version has none


def _in_order(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(
        answer["hosts"], key=lambda entry: replicas.in_order(entry["name"], _service(entry))
    )


class NamespaceLab(EngineLab):
    """A lab whose supervisor runs."""

    has_partial_lines = True

    def __init__(self, name: str) -> None:
        self.name = name
        answer = client.ask(name, ask="status")
        self.hosts = {
            entry["name"]: NamespaceHost(name, entry["name"], entry["try_it"], _service(entry))
            for entry in _in_order(answer)
        }

    def status(self) -> LabStatus:
        """Ask the supervisor."""
        answer = client.ask(self.name, ask="status")
        hosts = tuple(_status(entry) for entry in _in_order(answer))
        return LabStatus(self.name, NamespacesEngine.name, shown_file(answer["topology"]), hosts)

    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        """Read what the supervisor kept."""
        return client.read(self.name, ask="output", host=host, alone=alone, follow=follow)

    def reader(self, host: str) -> Callable[[], Iterator[Piece]]:
        """Ask the supervisor for what it kept from a position on."""
        position = 0

        def read() -> Iterator[Piece]:
            nonlocal position
            for piece in client.read_stamped(self.name, host, position):
                position += piece.lost_bytes + len(piece.data)
                yield piece

        return read

    def down(self, *, progress: Progress) -> None:
        """Ask the supervisor to end everything in order, and wait until it has."""
        progress(f"stopping {self.name}", "")
        answer = client.ask(self.name, ask="down")
        pid = answer["pid"]
        if not client.wait_for_end(pid, answer["within_s"] + _END_WITHIN_S):
            text = f"lab {self.name}: process {pid}, its supervisor, has not ended"
            raise EngineError(text)


def _supervisor(name: str) -> SupervisorProcess:
    starter = agent_launcher.prepared(name)
    if starter is None:
        return SupervisorProcess(name)
    with starter.theirs:
        return SupervisorProcess(name, starter.theirs.fileno())


class NamespacesEngine(Engine):
    """Linux namespaces, without any daemon."""

    name = "namespaces"

    def __init__(self) -> None:
        # The supervisors that still hang on this process, by the names of their labs.
        self._supervisors: dict[str, SupervisorProcess] = {}
        self._guarded: set[str] = set()

    def findings(self) -> list[Finding]:
        """Try it."""
        return checks.findings()

    @contextmanager
    def guarded(self, name: str) -> Iterator[None]:
        """Hold the lab's lifeline; let go of it only when the block is left without exception."""
        if name in self._guarded:  # nested: the outermost one counts
            yield
            return
        self._guarded.add(name)
        try:
            yield
        except BaseException:
            self._cut(name)
            raise
        finally:
            agent_launcher.forget(name)
            self._guarded.discard(name)
        self._release(name)

    def expect_faults(self, name: str) -> None:
        """Let the supervisor fork what begins agents, so that it loads while the hosts come up."""
        agent_launcher.prepare(name)

    def up(self, files: ComposeFiles, name: str, *, build: bool, progress: Progress) -> Lab:
        """Start a supervisor, and read the file while it loads. There is nothing to build."""
        del build
        self._supervisors[name] = supervisor = _supervisor(name)
        from lab.engines.namespaces.plan import located, read

        spec, notes = read(files, name)
        supervisor.build(spec)
        for note in notes:
            progress("note", note)
        progress("starting hosts", "")
        try:
            supervisor.wait_until_up(progress)
        except LocatedError as error:  # what only the kernel could find
            raise located(error, files, name) from error
        lab = NamespaceLab(name)
        without = [host for host in spec.hosts if host.missing and not host.argv]
        lab.missing_programs = [f"{host.name}: {host.missing}" for host in without]
        if name not in self._guarded:
            self._release(name)
        return Lab(lab)

    def _release(self, name: str) -> None:
        if supervisor := self._supervisors.pop(name, None):
            supervisor.release()

    def _cut(self, name: str) -> None:
        if supervisor := self._supervisors.pop(name, None):
            supervisor.cut()

    def labs(self, name: str | None = None) -> list[Lab]:
        """Find them by their sockets; one that ends meanwhile is not there.

        EngineError when a supervisor does not answer: such a lab must not pass for one that is
        gone.
        """
        found: list[Lab] = []
        for known in client.names():
            if name in {None, known}:
                with suppress(LabGoneError):
                    found.append(Lab(NamespaceLab(known)))
        return found
