"""The contract that an engine fulfils: it brings labs of hosts up, and down.

Nothing here assumes Docker. A host is a network namespace with programs in it. What people and
tests use is `lab.api.lab.Lab` and `lab.api.host.Host`, which are the same for all engines and stand
on what is here.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lab.errors import AgentError

if TYPE_CHECKING:
    import socket
    from contextlib import AbstractContextManager

    from lab.api.lab import Lab
    from lab.api.outputs import Piece
    from lab.errors import EngineError
    from lab.model import ComposeFiles, Finding, HostStatus, LabStatus

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


class EngineHost(ABC):
    """A host as its engine has it. Every method raises EngineError when the engine fails."""

    name: str
    # The service that it is a replica of; "" for the only host of its service.
    service: str = ""
    # A command that shows what the host is for (the compose file's label `socket-lab.try`), or "".
    try_it: str
    # Does a program there end when the command of this machine that runs it is killed?
    ends_with_command = True

    @property
    def ordinary_user(self) -> str | None:
        """The user of a program that need be nobody special; None: the host's own default."""
        return "lab"

    @abstractmethod
    def status(self) -> HostStatus:
        """Ask the engine, now."""

    @abstractmethod
    def is_busy(self) -> bool:
        """Tell whether a program of the host runs at this moment, or is about to.

        That is a thread in the state R or D of proc_pid_stat(5), one that waits for a file, and a
        first process that is on its way out. What a program does of a packet that has come, it has
        done when it sleeps again, or when its host is no longer `running`.
        """

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
    def was_killed(self) -> bool:
        """Tell whether SIGKILL has ended its first process; not for want of memory.

        That is nothing that a program does: somebody did it.
        """

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
        """Disconnect the host from every network of the lab. Its programs go on."""

    @abstractmethod
    def connect(self) -> None:
        """Undo `disconnect`: same networks, same addresses, same names."""

    @abstractmethod
    def find_agent(self) -> socket.socket | None:
        """Connect to the agent on the host's wire; None if there is none.

        It ends by itself, when nobody is connected and no fault stays. The socket is the caller's.
        """

    @abstractmethod
    def begin_agent(self) -> socket.socket:
        """Connect to the agent on the host's wire; begin one if there is none."""

    @abstractmethod
    def begin_call_server(self) -> socket.socket:
        """Begin a process on the host that makes socket calls there, as a user without rights.

        It reads requests from the socket (lab.agent.call_server.server), and ends when that is
        closed. An error of its start may come by the socket, too: {"failed": ...}.
        """

    @abstractmethod
    def begin_tracer(self) -> socket.socket:
        """Begin a process that traces one program of the host (`lab.agent.tracing.server`).

        It ends, and with it what it traces, when the socket is closed.
        """


class EngineLab(ABC):
    """A lab that is up, as its engine has it. Methods raise EngineError when the engine fails."""

    name: str
    hosts: Mapping[str, EngineHost]
    # May the last piece of an output end within a line that is being written?
    has_partial_lines: bool
    # For each host that this machine lacks the program of: what, and how to get it.
    missing_programs: Sequence[str] = ()

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

    @abstractmethod
    def down(self, *, progress: Progress) -> None:
        """Remove everything of the lab; the hosts end in order, the needed ones last."""


class Engine(ABC):
    """A way to bring labs up and down."""

    name: str
    # Can a host be of any image?
    has_images = True

    @abstractmethod
    def findings(self) -> list[Finding]:
        """Return what of this engine the machine has and lacks; raises nothing."""

    def missing(self, error: EngineError) -> list[Finding]:
        """Return what this machine lacks that can be the cause of the error; []: it is another."""
        from lab.api import wire_diagnostics  # noqa: PLC0415 - only after a failure

        of_wire = isinstance(error, AgentError) and wire_diagnostics.NAME
        needed = [one for one in self.findings() if one.required or one.name == of_wire]
        return [one for one in needed if not one.ok]

    @abstractmethod
    def guarded(self, name: str) -> AbstractContextManager[None]:
        """Remove the lab `name`, whole or half built, when the block is left by an exception.

        Also when this process is ended by SIGKILL inside the block. Blocks for the same lab may
        nest; the outermost one counts.
        """

    def expect_faults(self, name: str) -> None:  # noqa: B027 - no more than a hint
        """Prepare, within its guard, for faults on the lab `name`, which will be up soon."""

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
