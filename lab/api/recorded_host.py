"""A host, watched: what is done to it and what it runs is written down, and undone in the end."""

import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from lab.api.base import Connected, Host
from lab.api.call_client import Caller
from lab.api.program import Program
from lab.api.recorded_calls import RecordedCalls
from lab.api.recorded_program import RecordedProgram
from lab.api.run_log import RunLog
from lab.errors import LabError, ProgramTimeoutError
from lab.model import HostStatus, Output

_MOST_SHOWN = 1 << 16
_KILLED = 128 + signal.SIGKILL


class RecordedHost(Host):
    """Another host, watched."""

    def __init__(self, host: Host, diary: RunLog, connect: Callable[[Host], Connected]) -> None:
        self.name = host.name
        self.service = host.service
        self.try_it = host.try_it
        self.ends_with_command = host.ends_with_command
        # Must the lab be another for those who come later?
        self.spoiled = False
        self._host = host
        self._diary = diary
        self._connect = connect
        self._undo: dict[str, Callable[[], None]] = {}
        self._programs: list[RecordedProgram] = []
        self._watched: RecordedCalls | None = None

    # --- what is done to it

    def status(self) -> HostStatus:
        """Ask the engine, now."""
        return self._host.status()

    def is_busy(self) -> bool:
        """Ask the engine, now."""
        return self._host.is_busy()

    @property
    def used(self) -> bool:
        """Has the view opened connections there, or run programs? They end with it."""
        return self._watched is not None or bool(self._programs)

    def link_local_addresses(self) -> Sequence[str]:
        """Ask the engine, now."""
        return self._host.link_local_addresses()

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal; whoever comes later gets another lab."""
        self.spoiled = True
        self._do("kill", lambda: self._host.kill(signal))

    def restart(self) -> None:
        """Stop the host's processes and start them; whoever comes later gets another lab."""
        self.spoiled = True
        self._do("restart", self._host.restart)

    def pause(self) -> None:
        """Freeze the host, at the latest until the view ends."""
        self._do("pause", self._host.pause)
        self._undo["pause"] = self._host.resume

    def resume(self) -> None:
        """Undo `pause`."""
        self._do("resume", self._host.resume)
        self._undo.pop("pause", None)

    def disconnect(self) -> None:
        """Unplug the host, at the latest until the view ends."""
        self._do("disconnect", self._host.disconnect)
        self._undo["disconnect"] = self._host.connect

    def connect(self) -> None:
        """Undo `disconnect`."""
        self._do("connect", self._host.connect)
        self._undo.pop("disconnect", None)

    def _do(self, what: str, act: Callable[[], None]) -> None:
        act()
        self._diary.write("host", step=None, name=what, host=self.name, done=what)

    # --- what it runs

    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        """Return the command of this machine that runs `argv` on the host."""
        return self._host.command(argv, user=user, terminal=terminal)

    def start(self, argv: Sequence[str], *, user: str | None = None) -> Program:
        """Start a program on the host, which ends with the view at the latest."""
        program = RecordedProgram(super().start(argv, user=user), self._diary)
        self._programs.append(program)
        self._diary.write("started", step=None, name=argv[0], host=self.name, argv=list(argv))
        return program

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        user: str | None = None,
        timeout_s: float | None = None,
    ) -> Output:
        """Run a program on the host to its end. Errors as for any host; they are written, too."""
        began_ns = time.time_ns()
        try:
            done = super().run(argv, stdin=stdin, user=user, timeout_s=timeout_s)
        except ProgramTimeoutError as error:
            end = {"killed_after_s": timeout_s} if error.killed else {"pending": True}
            status = _KILLED if error.killed else None
            self._note_run(argv, began_ns, (error.output, error.errors), exit_status=status, **end)
            raise
        said = done.stdout, done.stderr
        self._note_run(argv, began_ns, said, exit_status=done.exit_status)
        return done

    def _note_run(
        self, argv: Sequence[str], began_ns: int, said: tuple[bytes, bytes], **more: Any
    ) -> None:
        output, errors = (data[-_MOST_SHOWN:].decode(errors="replace") for data in said)
        self._diary.write(
            "program",
            step=None,
            host=self.name,
            argv=list(argv),
            began_ns=began_ns,
            ended_ns=time.time_ns(),
            output=output,
            errors=errors,
            **more,
        )

    # --- its wire and its calls

    def agent(self) -> Connected | None:
        """Connect to the agent on the host's wire; None if there is none."""
        return self._host.agent()

    def begin_agent(self) -> Connected:
        """Connect to the agent on the host's wire; begin one if there is none."""
        return self._connect(self._host)

    def caller(self) -> socket.socket:
        """Begin a process on the host that makes socket calls there, which nobody watches."""
        return self._host.caller()

    @property
    def calls(self) -> Caller:
        """The watched caller on the host."""
        if self._watched is None:
            self._watched = RecordedCalls(self._host, self._diary)
        return self._watched

    # --- its end

    def write_rest(self) -> None:
        """Write down the calls that have not ended, and what came of programs."""
        if self._watched:
            self._watched.write_rest()
        for program in self._programs:
            program.write_rest()

    def settle(self) -> None:
        """Undo what was done to the host; where that fails it is spoiled."""
        try:
            for name in list(self._undo):
                self._undo.pop(name)()
            if not self.spoiled:
                self._end_programs()
            if self._watched:
                self._watched.settle()
        except LabError:
            self.spoiled = True

    def _end_programs(self) -> None:
        for program in self._programs:
            program.end()
