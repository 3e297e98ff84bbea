"""What every engine gives: labs of hosts. Nothing here assumes Docker.

A host is a network namespace with programs in it. An engine need only say how to reach a host from
this machine (`Host.command`); running programs there is the same for all engines and is here.
"""

import os
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from lab.api import outputs
from lab.api.links import Wired
from lab.api.outputs import Piece, Printed
from lab.api.program import Program, too_late
from lab.errors import AgentError, EngineError, EvidenceError, UsageError
from lab.evidence import syslog
from lab.model import ComposeFiles, Finding, HostStatus, LabStatus, LogLine, Output, OutputLine
from lab.suggestions import near

if TYPE_CHECKING:
    from lab.api.call_client import Caller
    from lab.api.remote_socket import RemoteSocket

_SYSLOG_HOST = "syslog"
_NOT_STARTED = (126, 127)  # as of a shell: what starts a program cannot start this one

Connected = socket.socket

# Called with what the engine does now, and with a detail of it ("" when there is none). What is
# done is "note" where the detail is something for the person to know.
Progress = Callable[[str, str], None]


def shown_file(path: str) -> str:
    """Return what a person calls a compose file; one that a scenario has in memory has no path."""
    name = path.removeprefix("/memfd:").removesuffix(" (deleted)")
    return path if name == path else f"the hosts of {name}"


def own_term() -> str:
    """Return the kind of this program's terminal (terminfo(5))."""
    return os.environ.get("TERM") or "xterm"


class Host(ABC):
    """One machine of a running lab. Every method raises EngineError when the engine fails."""

    name: str
    # The service that it is a replica of; "" for the only host of its service.
    service: str = ""
    # A command that shows what the host is for (the compose file's label `socket-lab.try`), or "".
    try_it: str
    # Does a program there end when the command of this machine that runs it is killed?
    ends_with_command = True
    _calls: "Caller | None" = None

    @property
    def ordinary_user(self) -> str | None:
        """The user of a program that need be nobody special; None: the host's own default."""
        return "lab"

    @abstractmethod
    def status(self) -> HostStatus:
        """Ask the engine, now."""

    def is_busy(self) -> bool:
        """Tell whether a program of the host runs at this moment, or is about to.

        That is a thread in the state R or D of proc_pid_stat(5), one that waits for a file, and a
        first process that is on its way out. What a program does of a packet that has come, it has
        done when it sleeps again, or when its host is no longer `running`.
        """
        return False

    @abstractmethod
    def link_local_addresses(self) -> Sequence[str]:
        """Return the IPv6 addresses that its interfaces have given themselves (RFC 4862, 5.3)."""

    @abstractmethod
    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        """Return the command of this machine that runs `argv` on the host.

        `user` is a user of the host (None: the host's own default). With `terminal` the program
        gets one of the host's own, which shows what the caller's can (TERM); otherwise standard
        input and both outputs are plain pipes.
        """

    @abstractmethod
    def kill(self, signal: str = "KILL") -> None:
        """Send the signal (a name as in signal(7), without SIG) to the host's first process."""

    @abstractmethod
    def pause(self) -> None:
        """Freeze every process of the host. Its kernel goes on answering."""

    @abstractmethod
    def resume(self) -> None:
        """Undo `pause`."""

    @abstractmethod
    def restart(self) -> None:
        """Stop the host's processes and start them again, with new network namespace."""

    @abstractmethod
    def disconnect(self) -> None:
        """Unplug the host from every network of the lab. Its programs go on."""

    @abstractmethod
    def connect(self) -> None:
        """Undo `disconnect`: same networks, same addresses, same names."""

    @abstractmethod
    def agent(self) -> Connected | None:
        """Connect to the agent on the host's wire; None if there is none.

        It ends by itself, when nobody is connected and no fault stays. The caller owns the socket.
        """

    @abstractmethod
    def begin_agent(self) -> Connected:
        """Connect to the agent on the host's wire; begin one if there is none."""

    @abstractmethod
    def caller(self) -> Connected:
        """Begin a process on the host that makes socket calls there, as a user without rights.

        What is written to the socket are its questions (lab.agent.call_server.server). It ends when
        that is closed. What goes wrong may also be said there: {"failed": ...}.
        """

    @property
    def calls(self) -> "Caller":
        """This program's own caller on the host; it is begun with the first call."""
        if self._calls is None:
            from lab.api.call_client import Caller  # noqa: PLC0415 - only who needs it waits for it

            self._calls = Caller(self.name, self.caller)
        return self._calls

    def start(self, argv: Sequence[str], *, user: str | None = None) -> Program:
        """Start a program on the host, and do not wait for its end. The host needs a shell."""
        return self._start(argv, user)

    def _start(self, argv: Sequence[str], user: str | None, buffer_bytes: int = -1) -> Program:
        with_pid = ["sh", "-c", 'echo "$$"; exec "$@"', "sh", *argv]
        process = subprocess.Popen(
            self.command(with_pid, user=user),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=buffer_bytes,
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first.strip().isdigit():
            _, stderr = process.communicate()
            text = f"{self.name}: {argv[0]} cannot be started: {stderr.decode(errors='replace')}"
            raise EngineError(text.strip(), argv=argv, exit_status=process.returncode)
        return Program(self, process, int(first), user, argv)

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        user: str | None = None,
        timeout_s: float | None = None,
    ) -> Output:
        """Run a program on the host to its end.

        A status other than 0 is the program's own and is returned. ProgramTimeoutError when it has
        not ended after `timeout_s` seconds; it is killed then, but for one on a host without shell
        on Docker, which goes on.
        """
        if timeout_s is not None and not self.ends_with_command:
            try:
                # Without a buffer: no more than its first line is read.
                program = self._start(argv, user, 0)
            except EngineError as error:
                if error.exit_status not in _NOT_STARTED:
                    raise
            else:
                return program.finish(stdin, timeout_s)
        command = self.command(argv, user=user)
        try:
            done = subprocess.run(
                command, input=stdin, capture_output=True, timeout=timeout_s, check=False
            )
        except subprocess.TimeoutExpired as expired:
            raise too_late(self.name, argv, expired, killed=self.ends_with_command) from expired
        return Output(tuple(argv), done.returncode, done.stdout, done.stderr)

    def socket(
        self,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,  # noqa: A002 - its name in socket.socket
        proto: int = 0,
    ) -> "RemoteSocket":
        """Make a socket on the host; it is used as a `socket.socket` of this machine is."""
        from lab.api.remote_socket import RemoteSocket  # noqa: PLC0415

        return RemoteSocket(self.calls, family, type, proto)


class Lab(Wired, ABC):
    """A lab that is up."""

    name: str
    hosts: Mapping[str, Host]
    # Whether the last piece of an output may end in the midst of a line that is being written.
    gives_half_lines: bool
    # For each host that this machine lacks the program of: what, and how to get it.
    lacking: Sequence[str] = ()

    def host(self, name: str) -> Host:
        """Return the host of that name.

        UsageError (with the names there are) if there is none, or it is a service's with several.
        """
        found = self.hosts_of(name)
        if len(found) > 1:
            several = ", ".join(host.name for host in found)
            text = f"host {name!r}: is {len(found)} hosts; choose one: {several}"
            raise UsageError(text)
        return found[0]

    def hosts_of(self, name: str) -> Sequence[Host]:
        """Return the host of that name, or all replicas of the service of that name.

        UsageError, with the names there are, if there is none.
        """
        if one := self.hosts.get(name):
            return (one,)
        if several := [host for host in self.hosts.values() if name and host.service == name]:
            return several
        there = ", ".join(sorted(self.hosts)) or "none"
        hint = near(name, [*self.hosts, *(host.service for host in self.hosts.values())])
        text = f"host {name!r}: not in lab {self.name} (its hosts: {there}){hint}"
        raise UsageError(text)

    @abstractmethod
    def status(self) -> LabStatus:
        """Ask the engine, now."""

    @abstractmethod
    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        """Yield what a host's programs wrote to their outputs; `alone`: to standard output only.

        With `follow`, go on until the lab ends, also when the host is restarted.
        """

    @abstractmethod
    def reader(self, host: str) -> Callable[[], Iterator[Piece]]:
        """Return what yields, each time it is called, the pieces that have come since the last.

        The first time these are all that are kept; each has its stream and its time. What the
        host's program had written when it ended is there once the host is no longer `running`.
        """

    def printed(self, host: str) -> Printed:
        """Return what gives the lines of a host's program, as they become whole."""
        name = self.host(host).name
        return Printed(name, self.reader(name))

    def syslog(self, *, follow: bool = False) -> Iterator[LogLine]:
        """Yield every syslog line of the lab so far; with `follow`, go on until the lab ends.

        EvidenceError when a line cannot be read, or the lab has no syslog host.
        """
        if _SYSLOG_HOST not in self.hosts:
            text = f"lab {self.name}: it has no host named {_SYSLOG_HOST}, so no syslog lines"
            raise EvidenceError(text)
        for line in outputs.lines(self.pieces(_SYSLOG_HOST, alone=True, follow=follow)):
            if line.finished or not self.gives_half_lines:
                read = syslog.parse(line.data.decode(errors="replace"))
                yield read._replace(lost_bytes=line.lost_bytes) if line.lost_bytes else read

    def output(self, host: str, *, follow: bool = False) -> Iterator[OutputLine]:
        """Yield the lines that a host's programs have written to their outputs so far."""
        name = self.host(host).name
        for line in outputs.lines(self.pieces(name, alone=False, follow=follow)):
            yield OutputLine(name, line.data.decode(errors="replace"), line.lost_bytes)

    @abstractmethod
    def down(self, *, progress: Progress) -> None:
        """Remove everything of the lab; the hosts end in order, the needed ones last."""


class Engine(ABC):
    """A way to bring labs up and down."""

    name: str

    @abstractmethod
    def findings(self) -> list[Finding]:
        """Say what of this engine the machine has and lacks; raises nothing."""

    def lacks(self, error: EngineError) -> list[Finding]:
        """Return what this machine lacks that can be the cause of the error; []: it is another."""
        from lab.api import wire_checks  # noqa: PLC0415 - only after a failure

        of_wire = isinstance(error, AgentError) and wire_checks.NAME
        needed = [one for one in self.findings() if one.required or one.name == of_wire]
        return [one for one in needed if not one.ok]

    @abstractmethod
    def guarded(self, name: str) -> AbstractContextManager[None]:
        """Remove the lab `name`, whole or half built, when the block is left by an exception.

        Also when this process is ended by SIGKILL inside the block. Blocks for the same lab may
        nest; the outermost one counts.
        """

    def expect_faults(self, name: str) -> None:  # noqa: B027 - no more than a hint
        """Hear, within its guard, that the lab `name` will be up soon, and its wires be asked."""

    @abstractmethod
    def up(self, files: ComposeFiles, name: str, *, build: bool, progress: Progress) -> Lab:
        """Bring a lab up from its compose files and wait until every host is healthy.

        TopologyError (nothing started) when the file is wrong. The name must be free. Use it
        inside `guarded`: what a failed `up` leaves is removed there.
        """

    def bare_image(self, progress: Progress) -> str:
        """Return the image of hosts that run nothing of their own; make it if it is not there."""
        del progress
        return "socket-lab/bare"

    @abstractmethod
    def labs(self, name: str | None = None) -> list[Lab]:
        """Return the labs that are there, by name; of a given name, that one alone."""
