"""Calls and programs of a scenario: begun, collected, and in the end written down if they were not.

What has not ended is evidence, too: nobody may conclude from its silence.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from lab.api import as_events
from lab.api.call_client import CallClient, PendingCall
from lab.api.lab import Lab
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
from lab.scenario.model import CallStep, CollectStep, Expected, RunStep, SendStep

_NEWS_WITHIN_S = 2.0  # of a call that has returned in time, on a busy machine


class PendingCalls:
    """Those of one run. What it has begun ends with `close`."""

    def __init__(self, lab: Lab, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self._cleanup = ExitStack()
        self._callers: dict[str, CallClient] = {}
        # By their names; of a call, what is known of it before it ends.
        self._pending: dict[str, tuple[CallOutcome, PendingCall] | RunningProgram] = {}
        # What the end of the run must write, by its name, or by the step that it is of.
        self._rest: dict[Any, Callable[[], object]] = {}

    def close(self) -> None:
        """End all that has not ended."""
        self._cleanup.close()

    def begin_callers(self, hosts: Iterable[str]) -> None:
        """Begin the processes that make socket calls on hosts."""
        for name in hosts:
            calls = self._lab.host(name).calls
            self._cleanup.callback(calls.close)
            calls.begin()
            self._callers[name] = calls
        for caller in self._callers.values():
            caller.wait_until_ready()

    def program(self, name: str) -> RunningProgram | None:
        """Return the program that was started under a name."""
        found = self._pending.get(name)
        return found if isinstance(found, RunningProgram) else None

    def call(self, step: CallStep, number: int) -> CallStarted | CallOutcome:
        """Make a call; write what came of it, or that it was started."""
        arguments = dict(step.arguments)
        began_ns = time.time_ns()
        pending = self._callers[step.on].start(step.call, **arguments)
        if step.later:
            name = step.later
            begun = replace(as_events.call_begun(pending), name=name)
            self._pending[name] = begun, pending
            self._rest[name] = lambda: self._write_call(pending, 0, begun)
            return self._recorder.write(
                CallStarted(
                    step=number, name=name, host=step.on, call=step.call, arguments=arguments
                )
            )
        begun = replace(as_events.call_begun(pending), step=number, began_ns=began_ns)
        return self._finish(pending, step.expected, begun)

    def run(self, step: RunStep, number: int) -> ProgramStarted | ProgramOutcome:
        """Run a program; write what came of it, or that it was started."""
        host = self._lab.host(step.on)
        user = step.user or host.ordinary_user
        program = RunningProgram(
            host, step.argv, step.input, user, step.environment, keep_open=step.keep_open
        )
        self._cleanup.callback(program.close)
        program.start()
        if step.later:
            name = step.later
            self._pending[name] = program
            self._rest[name] = lambda: self._write_program(program, 0, name=name)
            return self._recorder.write(
                ProgramStarted(
                    step=number,
                    name=name,
                    host=step.on,
                    argv=step.argv,
                    environment=dict(step.environment),
                )
            )
        return self._wait(program, step.expected, number)

    def send(self, step: SendStep, number: int) -> ProgramInput:
        """Give a program more input; write how much of it was taken, and when."""
        program = self.program(step.name)
        assert program, "the reader has seen that it was started before"
        data = step.text.encode()
        given = as_events.program_input(step.name, program.host, data, close=step.close)
        given = replace(given, step=number)
        interrupted = replace(given, taken_bytes=0, interrupted=True)
        with self._waiting(("input", number), lambda: self._recorder.write(interrupted)):
            taken = program.send(data, close=step.close, within_s=step.within_s)
        return self._recorder.write(
            replace(
                given,
                taken_bytes=taken.bytes,
                refused=taken.refused,
                exit_status=taken.exit_status,
            )
        )

    def collect(self, step: CollectStep, number: int) -> CallOutcome | ProgramOutcome:
        """Write what came of what was started before."""
        what = self._pending[step.name]
        if isinstance(what, RunningProgram):
            return self._wait(what, step.expected, number, step.name)
        begun, pending = what
        return self._finish(pending, step.expected, replace(begun, step=number))

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

    # --- calls

    def _finish(self, pending: PendingCall, expected: Expected, begun: CallOutcome) -> CallOutcome:
        # What the call took is judged by its host's clock; the news of it may be late.
        within_s = expected.within_s + _NEWS_WITHIN_S
        within_s = within_s if expected.blocks_s is None else expected.blocks_s
        key = begun.step if begun.name is None else begun.name
        interrupted = replace(begun, interrupted=True)
        with self._waiting(key, lambda: self._write_call(pending, 0, interrupted)):
            return self._write_call(pending, within_s, begun)

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

    # --- programs

    def _wait(
        self, program: RunningProgram, expected: Expected, step: int, name: str | None = None
    ) -> ProgramOutcome:
        def cut() -> ProgramOutcome:
            return self._write_program(program, 0, step=step, name=name, interrupted=True)

        def last() -> ProgramOutcome:
            return self._write_program(program, 0, of_step=step, name=name)

        key = step if name is None else name
        with self._waiting(key, cut):
            limit_s = expected.within_s if expected.blocks_s is None else expected.blocks_s
            event = self._write_program(program, limit_s, step=step, name=name)
        if event.outputs_open or event.is_pending:  # it, or what it left, may print more
            self._rest[key] = last
        return event

    def _write_program(self, program: RunningProgram, within_s: float, **of: Any) -> ProgramOutcome:
        return self._recorder.write(replace(program.wait(within_s), **of))
