"""Calls and programs of a scenario: begun, collected, and in the end written down if they were not.

What has not ended is evidence, too: nobody may conclude from its silence.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from lab.api import as_events
from lab.api.call_client import CallClient, PendingCall
from lab.api.lab import Lab
from lab.api.trace import OnTraced
from lab.errors import LabError
from lab.evidence.event_file import Recorder
from lab.evidence.events import (
    CallOutcome,
    CallStarted,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
)
from lab.runner.programs import RunningProgram


class PendingCalls:
    """Those of one run. What it has begun ends with `close`."""

    def __init__(self, lab: Lab, recorder: Recorder, errors: list[str]) -> None:
        """What keeps the evidence from being whole is added to `errors`."""
        self._lab = lab
        self._recorder = recorder
        self._errors = errors
        self._cleanup = ExitStack()
        self._clients: dict[str, CallClient] = {}
        # By their names; of a call, what is known of it before it ends.
        self._pending: dict[str, tuple[CallOutcome, PendingCall] | RunningProgram] = {}
        # What the end of the run must write, by its name, or by the step that it is of.
        self._rest: dict[Any, Callable[[], object]] = {}

    def close(self) -> None:
        """End all that has not ended."""
        self._cleanup.close()

    def begin_call_servers(self, hosts: Iterable[str]) -> None:
        """Begin the processes that make socket calls on hosts."""
        for name in hosts:
            calls = self._lab.host(name).calls
            self._cleanup.callback(calls.close)
            calls.begin()
            self._clients[name] = calls
        for client in self._clients.values():
            client.wait_until_ready()

    def lost(self, hosts: Iterable[str], within_s: float) -> Iterator[str]:
        """Yield those of the hosts whose call server others have ended; of a paused one none is."""
        for name in hosts:
            if name in self._clients and self._clients[name].connection.is_lost(within_s):
                yield name

    def call(
        self, number: int, host: str, name: str, arguments: Mapping[str, Any], limit_s: float
    ) -> CallOutcome:
        """Make a call; record what it came to within the time."""
        began_ns = time.time_ns()
        pending = self._clients[host].start(name, **arguments)
        begun = replace(as_events.call_begun(pending), step=number, began_ns=began_ns)
        return self._finish(pending, limit_s, begun)

    def start_call(
        self, number: int, host: str, call: str, arguments: Mapping[str, Any], name: str
    ) -> CallStarted:
        """Start a call under a name."""
        pending = self._clients[host].start(call, **arguments)
        begun = replace(as_events.call_begun(pending), name=name)
        self._pending[name] = begun, pending
        self._rest[name] = lambda: self._write_call(pending, 0, begun)
        return self._recorder.write(as_events.call_started(name, pending, step=number))

    def start_program(
        self,
        host: str,
        argv: Sequence[str],
        text: str,
        user: str | None,
        environment: Mapping[str, str],
        *,
        keep_open: bool,
        on_traced: OnTraced | None,
    ) -> RunningProgram:
        """Start a program with this input, which ends with it unless it is kept open."""
        on = self._lab.host(host)

        program = RunningProgram(
            on,
            tuple(argv),
            text,
            user or on.ordinary_user,
            environment,
            keep_open=keep_open,
            on_traced=on_traced,
        )
        self._cleanup.callback(self._close, program)
        program.start()
        return program

    def _close(self, program: RunningProgram) -> None:
        program.close()
        if program.trace_was_lost:
            begun = program.begun
            text = f"{begun.host}: what traced {begun.argv[0]} has ended: calls of it are missing"
            self._errors.append(text)

    def keep_program(self, number: int, program: RunningProgram, name: str) -> ProgramStarted:
        """Let a program go on, under a name."""
        self._pending[name] = program
        self._rest[name] = lambda: self._write_program(program, 0, name=name)
        begun = replace(program.begun, name=name)
        return self._recorder.write(as_events.program_started(begun, step=number))

    def wait_for_program(
        self, number: int, program: RunningProgram, limit_s: float, name: str | None = None
    ) -> ProgramOutcome:
        """Record what a program came to within the time."""

        def interrupted() -> ProgramOutcome:
            return self._write_program(program, 0, step=number, name=name, interrupted=True)

        def last() -> ProgramOutcome:
            return self._write_program(program, 0, of_step=number, name=name)

        key = number if name is None else name
        with self._waiting(key, interrupted):
            event = self._write_program(program, limit_s, step=number, name=name)
        if event.outputs_open or event.is_pending:  # it, or what it left, may print more
            self._rest[key] = last
        return event

    def send(
        self, number: int, name: str, data: bytes, *, close: bool, within_s: float
    ) -> ProgramInput:
        """Give a program more input; record how much of it was taken, and when."""
        program = self._program(name)
        given = as_events.program_input(name, program.begun.host, data, close=close)
        given = replace(given, step=number)
        interrupted = replace(given, taken_bytes=0, interrupted=True)
        with self._waiting(("input", number), lambda: self._recorder.write(interrupted)):
            taken = program.send(data, close=close, within_s=within_s)
        return self._recorder.write(
            replace(
                given,
                taken_bytes=taken.bytes,
                refused=taken.refused,
                exit_status=taken.exit_status,
            )
        )

    def collect(self, number: int, name: str, limit_s: float) -> CallOutcome | ProgramOutcome:
        """Record what that came to within the time which was started under a name."""
        started = self._pending[name]
        if isinstance(started, RunningProgram):
            return self.wait_for_program(number, started, limit_s, name)
        begun, pending = started
        return self._finish(pending, limit_s, replace(begun, step=number))

    def wait_for_output(self, name: str, pattern: str, least: int, within_s: float) -> int:
        """Wait for so many matches in a program's output; return how many there are."""
        matches = re.compile(pattern)
        program = self._program(name)
        return program.wait_for(lambda text: len(matches.findall(text)), least, within_s)

    def _program(self, name: str) -> RunningProgram:
        program = self._pending[name]
        assert isinstance(program, RunningProgram), "the reader has seen that it was started"
        return program

    def may_listen(self, host: str) -> bool:
        """May a program of the host come to listen still? Not where all that were started ended."""
        of_host = [
            one
            for one in self._pending.values()
            if isinstance(one, RunningProgram) and one.begun.host == host
        ]
        return not of_host or any(one.wait(0).is_pending for one in of_host)

    def wait_for_ends(self, within_s: float) -> None:
        """Wait so long at the most for the ends of the programs that go on."""
        until_s = time.monotonic() + within_s
        for program in self._pending.values():
            if isinstance(program, RunningProgram):
                program.wait(max(0.0, until_s - time.monotonic()))

    def write_rest(self) -> None:
        """Write what there is of all that was not collected, or not to its end."""
        for write in self._rest.values():
            write()
        self._rest.clear()

    @contextmanager
    def _waiting(self, key: Any, write: Callable[[], object]) -> Iterator[None]:
        """Let the end of the run write it if it comes meanwhile, as Ctrl-C does."""
        self._rest[key] = write
        try:
            yield
        except Exception:
            del self._rest[key]
            raise
        del self._rest[key]

    def _finish(self, pending: PendingCall, limit_s: float, begun: CallOutcome) -> CallOutcome:
        key = begun.step if begun.name is None else begun.name
        interrupted = replace(begun, interrupted=True)
        with self._waiting(key, lambda: self._write_call(pending, 0, interrupted)):
            return self._write_call(pending, limit_s, begun)

    def _write_call(self, pending: PendingCall, within_s: float, begun: CallOutcome) -> CallOutcome:
        try:
            result = pending.result(within_s)
        except LabError as error:
            if within_s:
                raise
            return self._recorder.write(replace(begun, error=str(error)))
        if result is None:
            return self._recorder.write(begun)
        return self._recorder.write(as_events.call_ended(begun, result))

    def _write_program(self, program: RunningProgram, within_s: float, **of: Any) -> ProgramOutcome:
        return self._recorder.write(replace(program.wait(within_s), **of))
