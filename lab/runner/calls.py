"""Calls and programs of a scenario: begun, collected, and in the end written down if they were not.

What has not ended is evidence, too: nobody may conclude from its silence.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from lab.api.call_client import CallClient, PendingCall
from lab.api.lab import Lab
from lab.errors import LabError
from lab.evidence import inputs
from lab.evidence.events import Event, Recorder
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
        self._pending: dict[str, tuple[Event, PendingCall] | RunningProgram] = {}
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

    def call(self, step: CallStep, number: int) -> Event:
        """Make a call; write what came of it, or that it was started."""
        facts: Event = {"host": step.on, "call": step.call, "arguments": dict(step.arguments)}
        began_ns = time.time_ns()
        pending = self._callers[step.on].start(step.call, **step.arguments)
        if step.later:
            self._pending[step.later] = facts, pending
            named = facts | {"name": step.later}
            self._rest[step.later] = lambda: self._write_call(pending, 0, named | {"step": None})
            return self._recorder.write("started", step=number, **named)
        facts |= {"step": number, "began_ns": began_ns}
        return self._finish(pending, step.expected, facts)

    def run(self, step: RunStep, number: int) -> Event:
        """Run a program; write what came of it, or that it was started."""
        host = self._lab.host(step.on)
        user = step.user or host.ordinary_user
        program = RunningProgram(
            host, step.argv, step.input, user, step.environment, keep_open=step.keep_open
        )
        self._cleanup.callback(program.close)
        program.start()
        if step.later:
            self._pending[step.later] = program
            facts: Event = {"step": None, "name": step.later}
            self._rest[step.later] = lambda: self._write_program(program, 0, facts)
            named: Event = {"name": step.later, "host": step.on, "argv": list(step.argv)}
            if step.environment:
                named["environment"] = dict(step.environment)
            return self._recorder.write("started", step=number, **named)
        return self._wait(program, step.expected, {"step": number})

    def send(self, step: SendStep, number: int) -> Event:
        """Give a program more input; write how much of it was taken, and when."""
        program = self.program(step.name)
        assert program, "the reader has seen that it was started before"
        data = step.text.encode()
        facts: Event = {"step": number, "name": step.name, "host": program.host}
        facts |= {**inputs.facts(data, close=step.close), "taken_bytes": 0}
        with self._waiting(("input", number), facts | {"pending": True}, self._write_input):
            taken = program.send(data, close=step.close, within_s=step.within_s)
        return self._write_input(facts | taken)

    def collect(self, step: CollectStep, number: int) -> Event:
        """Write what came of what was started before."""
        what = self._pending[step.name]
        named: Event = {"step": number, "name": step.name}
        if isinstance(what, RunningProgram):
            return self._wait(what, step.expected, named)
        facts, pending = what
        return self._finish(pending, step.expected, facts | named)

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
    def _waiting(self, key: Any, facts: Event, write: Callable[[Event], object]) -> Iterator[None]:
        """Let the end of the run write it if it comes meanwhile, as Ctrl-C does."""
        self._rest[key] = lambda: write(facts | {"cut": True})
        try:
            yield
        except Exception:
            del self._rest[key]
            raise
        del self._rest[key]

    # --- calls

    def _finish(self, pending: PendingCall, expected: Expected, facts: Event) -> Event:
        # What the call took is judged by its host's clock; the news of it may be late.
        within_s = expected.within_s + _NEWS_WITHIN_S
        within_s = within_s if expected.blocks_s is None else expected.blocks_s
        with self._waiting(_key(facts), facts, lambda facts: self._write_call(pending, 0, facts)):
            return self._write_call(pending, within_s, facts)

    def _write_call(self, pending: PendingCall, within_s: float, facts: Event) -> Event:
        try:
            result = pending.result(within_s)
        except LabError as error:
            if within_s:
                raise
            return self._recorder.write("call", **facts, text=str(error), pending=True)
        if result is None:
            return self._recorder.write("call", **facts, pending=True)
        facts |= {"began_ns": result.began_ns, "ended_ns": result.ended_ns, "ends": result.ends}
        came = {"gave": result.gave} if result.raised is None else {"raised": result.raised}
        return self._recorder.write("call", **facts, **came)

    # --- programs

    def _wait(self, program: RunningProgram, expected: Expected, facts: Event) -> Event:
        key = _key(facts)
        with self._waiting(key, facts, lambda facts: self._write_program(program, 0, facts)):
            limit_s = expected.within_s if expected.blocks_s is None else expected.blocks_s
            event = self._write_program(program, limit_s, facts)
        if event.get("goes_on") or event.get("pending"):  # it, or what it left, may print more
            later = facts | {"step": None, "of_step": facts["step"]}
            self._rest[key] = lambda: self._write_program(program, 0, later)
        return event

    def _write_program(self, program: RunningProgram, within_s: float, facts: Event) -> Event:
        return self._recorder.write("program", **facts, **program.wait(within_s))

    def _write_input(self, facts: Event) -> Event:
        return self._recorder.write("input", **facts)


def _key(facts: Event) -> Any:
    """Return what the end of a run knows something by: its name, or the step that it is of."""
    return facts.get("name", facts["step"])
