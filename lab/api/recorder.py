"""Writes events of what is done to a lab: for tests as an observer, for scenarios step by step.

Whichever it is, an event is made here, of the values of this API.
"""

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.agent.call_server import encoding
from lab.api.call_client import CallClient, PendingCall
from lab.api.call_result import Result
from lab.api.fault import ActiveFault, FaultStatus
from lab.api.host import Host
from lab.api.observer import Observer
from lab.api.program import Program, ProgramRun
from lab.errors import AgentEndedError, LabError
from lab.evidence import inputs
from lab.evidence.events import Event
from lab.model import Output

_MOST_OUTPUT_BYTES = 1 << 16
_KILLED = 128 + signal.SIGKILL  # as a shell has it


class Recorder(Observer):
    """Observes a lab and writes an event for each thing; `finish` writes what has not ended."""

    def __init__(self, write: Callable[..., Event]) -> None:
        """Let `write` append an event of a kind with these fields, and return it."""
        self._write = write
        self._lock = threading.Lock()
        self._pending: dict[PendingCall, None] = {}
        self._programs: dict[Program, None] = {}
        self._active: dict[ActiveFault, None] = {}

    def finish(self) -> None:
        """Write the calls whose results nobody has asked for, or that are pending; and programs."""
        for pending in list(self._pending):
            try:
                result, error = pending.result(0), ""
            except LabError as of_host:
                result, error = None, str(of_host)
            if self._forget(pending):
                self.call(pending, result, error=error)
        for program in list(self._programs):
            self.program_ending(program)

    # --- events

    def host(
        self, name: str, done: str, *, of: str | None = None, step: int | None = None
    ) -> Event:
        """Write what was done, under a name, to the host `of`."""
        host = {} if of is None else {"host": of}
        return self._write("host", step=step, name=name, **host, done=done)

    def fault_on(
        self,
        name: str,
        links: Sequence[tuple[str, str]],
        faults: Sequence[FaultStatus],
        *,
        for_s: float | None,
        step: int | None = None,
    ) -> Event:
        """Write that faults were added under one name, one on each link."""
        return self._write(
            "fault_on",
            step=step,
            name=name,
            impairment=faults[0].impairment,
            asked=faults[0].asked,
            links=[list(link) for link in links],
            ids=[fault.id for fault in faults],
            for_s=for_s,
            said=", ".join(f"{fault.id}: {fault.text}" for fault in faults),
        )

    def fault_off(
        self,
        name: str,
        faults: Sequence[FaultStatus],
        *,
        step: int | None = None,
        ended: str = "",
        **more: Any,
    ) -> Event:
        """Write that the faults of a name have ended (by themselves: how), and what they did."""
        return self._write(
            "fault_off",
            step=step,
            name=name,
            ids=[fault.id for fault in faults],
            matched_packets=sum(fault.matched_packets for fault in faults),
            acted_packets=sum(fault.acted_packets for fault in faults),
            acted_bytes=sum(fault.acted_bytes for fault in faults),
            **({"ended": ended} if ended else {}),
            **more,
        )

    def call(
        self, pending: PendingCall, result: Result | None, *, error: str = "", **more: Any
    ) -> Event:
        """Write what came of a call, or that it is pending."""
        shown = {key: _shown(value) for key, value in pending.arguments.items()}
        facts = {"host": pending.host, "call": pending.call, "arguments": shown, **more}
        if result is None:
            text = {"text": error} if error else {}
            return self._write("call", **facts, **text, pending=True)
        end = {"gave": result.gave} if result.raised is None else {"raised": result.raised}
        times = {"began_ns": result.began_ns, "ended_ns": result.ended_ns}
        return self._write("call", **facts, **times, ends=result.ends, **end)

    def program(
        self,
        host: str,
        argv: Sequence[str],
        times_ns: tuple[int, int],
        outputs: tuple[bytes, bytes],
        **more: Any,
    ) -> Event:
        """Write what is known of a program: when it began and ended, what it has printed."""
        output, errors = (data[-_MOST_OUTPUT_BYTES:].decode(errors="replace") for data in outputs)
        return self._write(
            "program",
            step=None,
            host=host,
            argv=list(argv),
            began_ns=times_ns[0],
            ended_ns=times_ns[1],
            output=output,
            errors=errors,
            **more,
        )

    # --- as an observer

    def host_changed(self, host: Host, action: str) -> None:
        """Write it."""
        self.host(action, action, of=host.name)

    def fault_added(self, fault: ActiveFault) -> None:
        """Write it."""
        self._active[fault] = None
        added = fault.added
        for_s = None if fault.for_ms is None else fault.for_ms / 1000
        self.fault_on(added.id, [(added.source, added.target)], [added], for_s=for_s)

    def fault_lifted(self, fault: ActiveFault, error: LabError | None) -> None:
        """Write it, once."""
        if fault in self._active:
            del self._active[fault]
            self.fault_off(fault.last.id, [fault.last], ended=_why(error))

    def program_run(self, run: ProgramRun) -> None:
        """Write it; of a program that has taken too long also that it was killed, or goes on."""
        more: dict[str, Any]
        if isinstance(run.end, Output):
            outputs = run.end.stdout, run.end.stderr
            more = {"exit_status": run.end.exit_status}
        else:
            outputs = run.end.output, run.end.errors
            more = {"exit_status": None, "pending": True}
            if run.end.killed:
                more = {"exit_status": _KILLED, "killed_after_s": run.timeout_s}
        self.program(run.host.name, run.argv, (run.began_ns, run.ended_ns), outputs, **more)

    def program_started(self, program: Program) -> None:
        """Write it, and see what it prints from now on."""
        program.process.tee_outputs()
        self._programs[program] = None
        argv = list(program.argv)
        self._write("started", step=None, name=argv[0], host=program.host.name, argv=argv)

    def program_input(self, program: Program, data: bytes, *, close: bool, refused: bool) -> None:
        """Write it."""
        self._write(
            "input",
            step=None,
            name=program.argv[0],
            host=program.host.name,
            **inputs.facts(data, close=close),
            taken_bytes=0 if refused else len(data),
            **({"refused": True} if refused else {}),
        )

    def program_ending(self, program: Program) -> None:
        """Write, once, what it has printed and whether it has ended."""
        if program not in self._programs:
            return
        del self._programs[program]
        status = program.process.poll()
        seen = program.process.seen()
        self.program(
            program.host.name,
            program.argv,
            (program.began_ns, time.time_ns()),
            (seen["stdout"], seen["stderr"]),
            name=program.argv[0],
            **({"pending": True} if status is None else {"exit_status": status}),
        )

    def call_started(self, client: CallClient, pending: PendingCall) -> None:
        """Write it when it has returned, or at the end."""
        del client
        self._pending[pending] = None

    def call_returned(self, pending: PendingCall, result: Result) -> None:
        """Write it, once."""
        if self._forget(pending):
            self.call(pending, result)

    def _forget(self, pending: PendingCall) -> bool:
        """Tell whether it is still to be written; from now on it is not."""
        with self._lock:
            there = pending in self._pending
            self._pending.pop(pending, None)
        return there


def _why(error: LabError | None) -> str:
    return "with its host" if isinstance(error, AgentEndedError) else str(error or "")


def _shown(value: Any) -> Any:
    """Return data as evidence has it: of much, only its length and hash."""
    if isinstance(value, Mapping) and set(value) == {"hex"}:
        return encoding.encode(bytes.fromhex(value["hex"]))
    return value
