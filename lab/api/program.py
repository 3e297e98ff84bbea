"""A program that runs on a host, as this process has it."""

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lab.api.observer import NO_OBSERVER, Observer
from lab.api.tee import TeedProcess
from lab.errors import EngineError, InputClosedError, LabError, ProgramTimeoutError
from lab.model import Output

if TYPE_CHECKING:
    from lab.api.host import Host
    from lab.api.trace import Trace
    from lab.evidence.events import ProgramCall

_ENDS_WITHIN_S = 20.0  # after SIGKILL, on a busy machine
_NEWS_WITHIN_S = 1.0  # of the end of who reads no more


class TracedOutput(Output):
    """What a traced program gave; `calls` are its own socket calls, and those of what it started.

    In the order of their ends.
    """

    calls: "Sequence[ProgramCall]" = ()


class ProgramRun(NamedTuple):
    """A program that was run on a host: to its end, or until it had not ended in `timeout_s`."""

    host: "Host"
    argv: tuple[str, ...]
    began_ns: int
    ended_ns: int
    end: Output | ProgramTimeoutError
    timeout_s: float | None = None
    traced: bool = False


class Program:
    """A program that runs on a host. Leaving its `with` block kills it and waits for its end."""

    def __init__(
        self,
        host: "Host",
        process: TeedProcess,
        pid: int,
        user: str | None,
        argv: Sequence[str],
        observer: Observer = NO_OBSERVER,
    ) -> None:
        self.host = host
        # Its pipes, and its exit status; with Docker the program may outlive this process.
        self.process = process
        # In the host's own pid namespace.
        self.pid = pid
        self.argv = tuple(argv)
        self._user = user
        self._observer = observer
        self.began_ns = time.time_ns()
        # Of one that was started with `trace`.
        self.trace: Trace | None = None

    @property
    def calls(self) -> "Sequence[ProgramCall]":
        """The socket calls that it, and what it started, have made; none if it is not traced.

        In the order of their ends. When the program has ended, the last of its own are there.
        EngineError when its tracer has ended before it, or is behind it by too much: then calls are
        missing.
        """
        if self.trace is None:
            return ()
        if self.process.poll() is not None and not self.trace.wait_for_exit(_ENDS_WITHIN_S):
            text = (
                f"{self.host.name}: {self.argv[0]} has ended, and after {_ENDS_WITHIN_S:.0f} s its"
                " last calls are not there yet: this machine is too busy"
            )
            raise EngineError(text)
        if self.trace.was_lost:
            text = (
                f"{self.host.name}: what traced {self.argv[0]} has ended: calls of it are missing"
            )
            raise EngineError(text)
        return self.trace.calls

    def signal(self, name: str) -> None:
        """Send it a signal (a name as in signal(7), without SIG); none if it has ended."""
        self.host.run(self._kill(name), user=self._user, timeout_s=_ENDS_WITHIN_S)

    def _kill(self, name: str) -> list[str]:
        # As its own user: a host's root need not have the right to signal others.
        return ["sh", "-c", f"kill -s {name} {self.pid}"]

    def write(self, data: str | bytes) -> None:
        """Give it more standard input (a text as UTF-8), at once; wait while its pipe is full.

        InputClosedError, which is a BrokenPipeError, when it has ended, or after `close_stdin`.
        """
        given = data.encode() if isinstance(data, str) else data
        why = self._write(given)
        self._observer.program_input(self, given, close=False, refused=bool(why))
        if why:
            raise InputClosedError(f"{self.host.name}: {self.argv[0]} takes no input: {why}")

    def close_stdin(self) -> None:
        """End its standard input; done again, or after its end, it does nothing."""
        if self.process.stdin:
            self._close_stdin()
            self._observer.program_input(self, b"", close=True, refused=False)

    def _write(self, data: bytes) -> str:
        """Write to its standard input; return why that was refused, or ""."""
        stdin = self.process.stdin
        if stdin is None or stdin.closed:
            return "its standard input has been closed"
        try:
            if self.process.poll() is None:
                stdin.write(data)
                stdin.flush()
                return ""
        except BrokenPipeError:
            pass
        self._close_stdin()
        return self._state()

    def _state(self) -> str:
        try:
            status = self.process.wait(_NEWS_WITHIN_S)
        except subprocess.TimeoutExpired:
            return "it reads no more"
        return f"it has ended with exit status {status}"

    def _close_stdin(self) -> None:
        # None is what subprocess itself takes for "there is none": it would close it once more.
        stdin, self.process.stdin = self.process.stdin, None
        if stdin:
            with suppress(BrokenPipeError):  # what was written in vain
                stdin.close()

    def finish(self, stdin: bytes, timeout_s: float | None) -> TracedOutput:
        """Give it all its input, and wait for its end; its streams must have no buffers.

        ProgramTimeoutError when it has not ended after so many seconds; it is killed then.
        """
        try:
            output, errors = self.process.communicate(stdin, timeout_s)
        except subprocess.TimeoutExpired as expired:
            raise timeout_error(self.host.name, self.argv, expired, killed=True) from expired
        finally:
            self.end()
        found = TracedOutput(self.argv, self.process.returncode, output, errors)
        found.calls = self.calls
        return found

    def end(self) -> None:
        """Kill it, if it has not ended, and close its pipes; what it has started may go on."""
        self._observer.program_ending(self)
        if self.process.poll() is None:
            # Its host need not be there any more.
            with suppress(LabError, subprocess.TimeoutExpired):
                command = self.host.command(self._kill("KILL"), user=self._user)
                subprocess.run(command, capture_output=True, timeout=_ENDS_WITHIN_S, check=False)
        self._close_stdin()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        try:
            self.process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:  # what stands for it here; the lab ends the rest
            self.process.kill()
            self.process.wait()
        if self.trace:
            self.trace.wait_for_exit(_ENDS_WITHIN_S)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.end()


def timeout_error(
    host: str, argv: Sequence[str], expired: subprocess.TimeoutExpired, *, killed: bool
) -> ProgramTimeoutError:
    """Return the error that a program has not ended in time."""
    end = "it was killed" if killed else "it goes on: the host has no shell to kill it"
    text = f"{host}: {argv[0]} has not ended after {expired.timeout:g} s; {end}"
    output, errors = expired.output or b"", expired.stderr or b""
    return ProgramTimeoutError(text, argv=argv, output=output, errors=errors, killed=killed)
