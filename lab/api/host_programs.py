"""Programs of a host: run to their end, or started, and traced where that is asked for.

An engine need only say how to reach a host from this machine (`EngineHost.command`); running
programs there is the same for all engines and is here.
"""

import subprocess
import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast, overload

from lab.api.engine import EngineHost
from lab.api.observer import NO_OBSERVER, Observer
from lab.api.program import Program, ProgramRun, TracedOutput, timeout_error
from lab.api.tee import TeedProcess
from lab.errors import EngineError, ProgramTimeoutError
from lab.model import Output

if TYPE_CHECKING:
    from lab.api.host import Host
    from lab.api.host_trace import HostTrace
    from lab.api.trace import OnTraced
    from lab.api.tracer_client import TracerClient

_NOT_STARTED = (126, 127)  # as of a shell: what starts a program cannot start this one

_WITH_PID = 'echo "$$"; exec "$@"'
# Its tracer lets it go on.
_WITH_PID_STOPPED = 'echo "$$"; kill -STOP "$$"; exec "$@"'


class HostPrograms:
    """What runs programs on a host: a part of `Host`, its only subclass.

    Every method raises EngineError when the engine fails.
    """

    def __init__(self, engine_host: EngineHost, observer: Observer) -> None:
        """Make it of the engine's host; what is run, `observer` sees."""
        self.name = engine_host.name
        # Does a program there end when the command of this machine that runs it is killed?
        self.ends_with_command = engine_host.ends_with_command
        self.engine_host = engine_host
        self._observer = observer

    @property
    def _host(self) -> "Host":
        return cast("Host", self)

    @property
    def ordinary_user(self) -> str | None:
        """The user of a program that need be nobody special; None: the host's own default."""
        return self.engine_host.ordinary_user

    @cached_property
    def tracer(self) -> "TracerClient":
        """Traces programs of the host; it is begun with the first."""
        from lab.api.tracer_client import TracerClient  # noqa: PLC0415

        return TracerClient(self.name, self.engine_host.begin_tracer)

    def trace(self, *, pid: int | None = None, on_traced: "OnTraced | None" = None) -> "HostTrace":
        """Return a trace of the programs that run on the host already, for a `with` block.

        Of what runs when the block begins, and of what that starts, the socket calls are seen
        (`calls`), until the end of the block; they go on unharmed. `pid`: of that process alone, as
        the host counts. With `on_traced` that is called with each event, in a thread of its own,
        and calls are not kept.
        """
        from lab.api.host_trace import HostTrace  # noqa: PLC0415 - not for every command

        on_event = on_traced or self._observer.program_traced
        return HostTrace(self.tracer, on_event, pid, keep_calls=on_traced is None)

    def command(
        self, argv: Sequence[str], *, user: str | None = None, terminal: bool = False
    ) -> list[str]:
        """Return the command of this machine that runs `argv` on the host.

        `user` is a user of the host (None: the host's own default). With `terminal` the program
        gets one of the host's own, which shows what the caller's can (TERM); otherwise standard
        input and both outputs are plain pipes.
        """
        return self.engine_host.command(argv, user=user, terminal=terminal)

    def start(
        self,
        argv: Sequence[str],
        *,
        user: str | None = None,
        trace: bool = False,
        on_traced: "OnTraced | None" = None,
    ) -> Program:
        """Start a program on the host, and do not wait for its end. The host needs a shell.

        With `trace` its socket calls, and those of what it starts, are seen (`Program.calls`);
        `on_traced` is called with each of them, in a thread of its own.
        """
        program = self._start(argv, user, self._observer, trace=trace, on_traced=on_traced)
        self._observer.program_started(program)
        return program

    def _start(
        self,
        argv: Sequence[str],
        user: str | None,
        observer: Observer = NO_OBSERVER,
        *,
        buffer_bytes: int = -1,
        trace: bool = False,
        on_traced: "OnTraced | None" = None,
    ) -> Program:
        if not trace:
            return self._started(argv, user, observer, _WITH_PID, buffer_bytes)
        on_event = on_traced or self._observer.program_traced
        self.tracer.begin()
        program = self._started(argv, user, observer, _WITH_PID_STOPPED, buffer_bytes)
        try:
            program.trace = self.tracer.trace(program.pid, on_event)
        except BaseException:
            program.end()
            raise
        return program

    def _started(
        self,
        argv: Sequence[str],
        user: str | None,
        observer: Observer,
        script: str,
        buffer_bytes: int,
    ) -> Program:
        with_pid = ["sh", "-c", script, "sh", *argv]
        process = TeedProcess(
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
        return Program(self._host, process, int(first), user, argv, observer)

    @overload
    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        user: str | None = None,
        timeout_s: float | None = None,
        trace: Literal[True],
    ) -> TracedOutput: ...

    @overload
    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        user: str | None = None,
        timeout_s: float | None = None,
        trace: bool = False,
    ) -> Output: ...

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        user: str | None = None,
        timeout_s: float | None = None,
        trace: bool = False,
    ) -> Output:
        """Run a program on the host to its end.

        A status other than 0 is the program's own and is returned. ProgramTimeoutError when it has
        not ended after `timeout_s` seconds; it is killed then, but for one on a host without shell
        on Docker, which goes on.

        With `trace` its socket calls, and those of what it starts, are seen
        (`TracedOutput.calls`); the host needs a shell then.
        """
        began_ns = time.time_ns()
        try:
            output = self._run(argv, stdin, user, timeout_s, trace=trace)
        except ProgramTimeoutError as error:
            ended_ns = time.time_ns()
            run = ProgramRun(
                self._host, tuple(argv), began_ns, ended_ns, error, timeout_s, traced=trace
            )
            self._observer.program_run(run)
            raise
        ended_ns = time.time_ns()
        run = ProgramRun(self._host, tuple(output.argv), began_ns, ended_ns, output, traced=trace)
        self._observer.program_run(run)
        return output

    def _run(
        self,
        argv: Sequence[str],
        stdin: bytes,
        user: str | None,
        timeout_s: float | None,
        *,
        trace: bool,
    ) -> Output:
        if trace:
            # Without a buffer: no more than its first line is read.
            return self._start(argv, user, buffer_bytes=0, trace=True).finish(stdin, timeout_s)
        if timeout_s is not None and not self.ends_with_command:
            try:
                # Without a buffer: no more than its first line is read.
                program = self._start(argv, user, buffer_bytes=0)
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
            raise timeout_error(
                self.name, argv, expired, killed=self.ends_with_command
            ) from expired
        return Output(tuple(argv), done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """End what traces programs of the host for this program, and what it still traces."""
        if "tracer" in vars(self):
            self.tracer.close()
