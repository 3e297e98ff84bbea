"""Records what is done to a lab: an event for each thing that is observed."""

import threading
from collections.abc import Callable
from dataclasses import replace

from lab.api import as_events
from lab.api.call_client import CallClient, PendingCall
from lab.api.call_fault import CallFault
from lab.api.call_result import Result
from lab.api.fault import ActiveFault
from lab.api.host import Host
from lab.api.observer import Observer
from lab.api.program import Program, ProgramRun
from lab.errors import AgentEndedError, LabError
from lab.evidence.events import CallOutcome, Event, ProgramOutcome, TraceEvent


class Recording(Observer):
    """Writes an event for each thing, when it is over; `finish` writes what is not."""

    def __init__(self, write: Callable[[Event], object]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._pending: dict[PendingCall, CallOutcome] = {}
        self._programs: dict[Program, ProgramOutcome] = {}
        self._active: dict[ActiveFault, None] = {}

    def finish(self) -> None:
        """Write the calls that are pending, or whose results nobody has asked for; and programs."""
        for pending in list(self._pending):
            try:
                result, error = pending.result(0), ""
            except LabError as of_host:
                result, error = None, str(of_host)
            if begun := self._forget(pending):
                ended = as_events.call_ended(begun, result) if result else begun
                self._write(replace(ended, error=error))
        for program in list(self._programs):
            self.program_ending(program)

    # --- hosts and links

    def host_changed(self, host: Host, action: str) -> None:
        """Write it."""
        self._write(as_events.host_change(host.name, action))

    def fault_added(self, fault: ActiveFault) -> None:
        """Write it, under its id."""
        self._active[fault] = None
        self._write(as_events.fault_on(fault.added.id, [fault]))

    def fault_lifted(self, fault: ActiveFault, error: LabError | None) -> None:
        """Write it, once."""
        if fault in self._active:
            del self._active[fault]
            why = "with its host" if isinstance(error, AgentEndedError) else str(error or "")
            self._write(as_events.fault_off(fault.last.id, [fault.last], error=why))

    # --- programs

    def program_run(self, run: ProgramRun) -> None:
        """Write it; of a program that has taken too long also that it was killed, or goes on."""
        self._write(as_events.program_run(run))

    def program_started(self, program: Program) -> None:
        """Write it, and remember what it prints from now on."""
        program.process.tee_outputs()
        self._programs[program] = begun = as_events.program_begun(program, name=program.argv[0])
        self._write(as_events.program_started(begun))

    def program_input(self, program: Program, data: bytes, *, close: bool, refused: bool) -> None:
        """Write it."""
        name, host = program.argv[0], program.host.name
        self._write(as_events.program_input(name, host, data, close=close, refused=refused))

    def program_ending(self, program: Program) -> None:
        """Write, once, what it has printed and whether it has ended."""
        if begun := self._programs.pop(program, None):
            self._write(as_events.program_outcome(program, begun))

    def program_traced(self, event: TraceEvent) -> None:
        """Write it."""
        self._write(event)

    def call_fault_added(self, fault: CallFault) -> None:
        """Write it, under its id."""
        self._write(as_events.call_fault_on(fault.added.id, fault))

    def call_fault_lifted(self, fault: CallFault) -> None:
        """Write it."""
        self._write(as_events.call_fault_off(fault.added.id, fault))

    # --- calls

    def call_started(self, client: CallClient, pending: PendingCall) -> None:
        """Write it when it has returned, or at the end."""
        del client
        self._pending[pending] = as_events.call_begun(pending)

    def call_returned(self, pending: PendingCall, result: Result) -> None:
        """Write it, once."""
        if begun := self._forget(pending):
            self._write(as_events.call_ended(begun, result))

    def _forget(self, pending: PendingCall) -> CallOutcome | None:
        """Return what is known of a call that is still to be written; then it is not any more."""
        with self._lock:
            return self._pending.pop(pending, None)
