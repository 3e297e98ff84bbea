"""A host of a lab as people and tests use it, whatever the engine.

An engine need only say how to reach a host from this machine (`EngineHost.command`); running
programs there is the same for all engines and is here.
"""

import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, overload

from lab.api.engine import EngineHost
from lab.api.observer import NO_OBSERVER, Observer
from lab.api.program import Program, ProgramRun, TracedOutput, timeout_error
from lab.api.tee import TeedProcess
from lab.errors import EngineError, ProgramTimeoutError
from lab.model import HostStatus, Output

if TYPE_CHECKING:
    from lab.api.call_client import CallClient, CallConnection
    from lab.api.call_fault import HostCall
    from lab.api.remote_socket import RemoteSocket
    from lab.api.trace import OnTraced
    from lab.api.tracer_client import TracerClient

_NOT_STARTED = (126, 127)  # as of a shell: what starts a program cannot start this one

_WITH_PID = 'echo "$$"; exec "$@"'
# Its tracer lets it go on.
_WITH_PID_STOPPED = 'echo "$$"; kill -STOP "$$"; exec "$@"'

_Socket = socket.socket  # in the class that is the name of a method


class Host:
    """One machine of a running lab. Every method raises EngineError when the engine fails."""

    def __init__(
        self,
        engine_host: EngineHost,
        observer: Observer = NO_OBSERVER,
        *,
        begin_agent: Callable[[EngineHost], socket.socket] | None = None,
        call_connection: "Callable[[], CallConnection] | None" = None,
        addresses: Callable[[], Mapping[str, Sequence[str]]] = dict,
    ) -> None:
        """Make it of its engine's; what is done to it is seen by `observer`.

        `begin_agent` replaces the engine's way to its agent; `call_connection` returns a connection
        to a call server that is shared with others; `addresses` those of the lab's hosts, by name.
        """
        self.name = engine_host.name
        # The service that it is a replica of; "" for the only host of its service.
        self.service = engine_host.service
        # A command that shows what the host is for (the label `socket-lab.try`), or "".
        self.try_it = engine_host.try_it
        # Does a program there end when the command of this machine that runs it is killed?
        self.ends_with_command = engine_host.ends_with_command
        self.engine_host = engine_host
        self._observer = observer
        self._begin_agent = begin_agent
        self._shared_connection = call_connection
        self._addresses = addresses

    @property
    def ordinary_user(self) -> str | None:
        """The user of a program that need be nobody special; None: the host's own default."""
        return self.engine_host.ordinary_user

    def status(self) -> HostStatus:
        """Ask the engine, now."""
        return self.engine_host.status()

    def is_busy(self) -> bool:
        """Tell whether a program of the host runs at this moment, or is about to."""
        return self.engine_host.is_busy()

    def was_killed(self) -> bool:
        """Tell whether somebody has ended it, by SIGKILL."""
        return self.engine_host.was_killed()

    def link_local_addresses(self) -> Sequence[str]:
        """Return the IPv6 addresses that its interfaces have given themselves (RFC 4862, 5.3)."""
        return self.engine_host.link_local_addresses()

    # --- what is done to it

    def kill(self, signal: str = "KILL") -> None:
        """Send the signal (a name as in signal(7), without SIG) to the host's first process."""
        self._change("kill", lambda: self.engine_host.kill(signal))

    def pause(self) -> None:
        """Freeze every process of the host. Its kernel goes on answering."""
        self._change("pause", self.engine_host.pause)

    def resume(self) -> None:
        """Undo `pause`."""
        self._change("resume", self.engine_host.resume)

    def restart(self) -> None:
        """Stop the host's processes and start them again, with new network namespace."""
        self._change("restart", self.engine_host.restart)

    def disconnect(self) -> None:
        """Disconnect the host from every network of the lab. Its programs go on."""
        self._change("disconnect", self.engine_host.disconnect)

    def connect(self) -> None:
        """Undo `disconnect`: same networks, same addresses, same names."""
        self._change("connect", self.engine_host.connect)

    def _change(self, action: str, act: Callable[[], None]) -> None:
        self._observer.host_changing(self, action)
        act()
        self._observer.host_changed(self, action)

    # --- the processes of the lab in it

    def find_agent(self) -> _Socket | None:
        """Connect to the agent on the host's wire; None if there is none."""
        return self.engine_host.find_agent()

    def begin_agent(self) -> _Socket:
        """Connect to the agent on the host's wire; begin one if there is none."""
        if self._begin_agent:
            return self._begin_agent(self.engine_host)
        return self.engine_host.begin_agent()

    def begin_call_server(self) -> _Socket:
        """Begin a process of its own that makes socket calls on the host, which nobody observes."""
        return self.engine_host.begin_call_server()

    @cached_property
    def call_connection(self) -> "CallConnection":
        """The connection to the call server of the host, which is begun with the first call."""
        if self._shared_connection:
            return self._shared_connection()
        from lab.api.call_client import CallConnection  # noqa: PLC0415 - not for every command

        return CallConnection(self.name, self.engine_host.begin_call_server)

    @cached_property
    def calls(self) -> "CallClient":
        """Makes socket calls on the host."""
        from lab.api.call_client import CallClient  # noqa: PLC0415

        return CallClient(self.call_connection, self._observer)

    @cached_property
    def tracer(self) -> "TracerClient":
        """Traces programs of the host; it is begun with the first."""
        from lab.api.tracer_client import TracerClient  # noqa: PLC0415

        return TracerClient(self.name, self.engine_host.begin_tracer)

    def call(
        self,
        name: str,
        *,
        program: str | None = None,
        peer: str | None = None,
        port: int | None = None,
        family: str | None = None,
        protocol: str | None = None,
    ) -> "HostCall":
        """Return a call that traced programs make, such as `connect`, to let it fail."""
        from lab.api.call_fault import HostCall  # noqa: PLC0415 - not for every command

        match = {"call": name, "program": program, "peer": peer, "port": port}
        match |= {"family": family, "protocol": protocol}
        return HostCall(self.tracer, self._addresses(), self._observer, match)

    def close(self) -> None:
        """End what traces programs of the host for this program, and what it still traces."""
        if "tracer" in vars(self):
            self.tracer.close()

    # --- programs

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
        return Program(self, process, int(first), user, argv, observer)

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
            run = ProgramRun(self, tuple(argv), began_ns, time.time_ns(), error, timeout_s, trace)
            self._observer.program_run(run)
            raise
        ended_ns = time.time_ns()
        run = ProgramRun(self, tuple(output.argv), began_ns, ended_ns, output, traced=trace)
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

    # --- sockets

    def socket(
        self,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,  # noqa: A002 - its name in socket.socket
        proto: int = 0,
    ) -> "RemoteSocket":
        """Make a socket on the host; it is used as a `socket.socket` of this machine is."""
        from lab.api.remote_socket import RemoteSocket  # noqa: PLC0415

        return RemoteSocket(self.calls, family, type, proto)
