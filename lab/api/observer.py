"""What may be seen of what is done to a lab through this API.

A lab, its hosts, links, faults, captures, programs and call clients have one observer; its methods
are called right after something has happened. `lab.api.recording` writes it down; `lab.api.scope`
undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.api.call_client import CallClient, PendingCall
    from lab.api.call_fault import CallFault
    from lab.api.call_result import Result
    from lab.api.capture import Capture
    from lab.api.fault import ActiveFault
    from lab.api.host import Host
    from lab.api.program import Program, ProgramRun
    from lab.errors import LabError
    from lab.evidence.events import TraceEvent


class Observer:
    """Ignores everything; a subclass overrides what it is interested in.

    The methods are called by whichever thread does the thing. What they raise is raised there.
    """

    # --- of hosts

    def host_changing(self, host: Host, action: str) -> None:
        """Something is about to be done to a host: `action` is the name of the method of `Host`."""

    def host_changed(self, host: Host, action: str) -> None:
        """It was done."""

    # --- of links

    def fault_added(self, fault: ActiveFault) -> None:
        """A fault was added to a link; `fault.last` is its status at that moment."""

    def fault_lifted(self, fault: ActiveFault, error: LabError | None) -> None:
        """A fault was lifted: `fault.last` has its last counters that are known.

        With an error it could not be; AgentEndedError: it has ended with its host.
        """

    def capture_begun(self, capture: Capture) -> None:
        """A capture was begun."""

    # --- of programs

    def program_run(self, run: ProgramRun) -> None:
        """A program was run to its end, or until its time was over."""

    def program_started(self, program: Program) -> None:
        """A program was started; nobody has read its outputs yet."""

    def program_input(self, program: Program, data: bytes, *, close: bool, refused: bool) -> None:
        """A program was given standard input, the last of it if `close`; or it `refused` it."""

    def program_ending(self, program: Program) -> None:
        """A program is about to be killed, if it has not ended, and its outputs to be closed."""

    def program_traced(self, event: TraceEvent) -> None:
        """A traced program has made a socket call, or something of it cannot be seen."""

    def call_fault_added(self, fault: CallFault) -> None:
        """A fault of calls was made."""

    def call_fault_lifted(self, fault: CallFault) -> None:
        """It was lifted, or has ended with its tracer: `fault.last` has its last counters."""

    # --- of socket calls

    def call_started(self, client: CallClient, pending: PendingCall) -> None:
        """A call was asked for."""

    def call_returned(self, pending: PendingCall, result: Result) -> None:
        """Somebody has waited for a call, and has its result."""


NO_OBSERVER = Observer()


class Observers(Observer):
    """Several observers as one, each called in turn."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def host_changing(self, host: Host, action: str) -> None:
        """Pass it on."""
        for one in self._observers:
            one.host_changing(host, action)

    def host_changed(self, host: Host, action: str) -> None:
        """Pass it on."""
        for one in self._observers:
            one.host_changed(host, action)

    def fault_added(self, fault: ActiveFault) -> None:
        """Pass it on."""
        for one in self._observers:
            one.fault_added(fault)

    def fault_lifted(self, fault: ActiveFault, error: LabError | None) -> None:
        """Pass it on."""
        for one in self._observers:
            one.fault_lifted(fault, error)

    def capture_begun(self, capture: Capture) -> None:
        """Pass it on."""
        for one in self._observers:
            one.capture_begun(capture)

    def program_run(self, run: ProgramRun) -> None:
        """Pass it on."""
        for one in self._observers:
            one.program_run(run)

    def program_started(self, program: Program) -> None:
        """Pass it on."""
        for one in self._observers:
            one.program_started(program)

    def program_input(self, program: Program, data: bytes, *, close: bool, refused: bool) -> None:
        """Pass it on."""
        for one in self._observers:
            one.program_input(program, data, close=close, refused=refused)

    def program_ending(self, program: Program) -> None:
        """Pass it on."""
        for one in self._observers:
            one.program_ending(program)

    def program_traced(self, event: TraceEvent) -> None:
        """Pass it on."""
        for one in self._observers:
            one.program_traced(event)

    def call_fault_added(self, fault: CallFault) -> None:
        """Pass it on."""
        for one in self._observers:
            one.call_fault_added(fault)

    def call_fault_lifted(self, fault: CallFault) -> None:
        """Pass it on."""
        for one in self._observers:
            one.call_fault_lifted(fault)

    def call_started(self, client: CallClient, pending: PendingCall) -> None:
        """Pass it on."""
        for one in self._observers:
            one.call_started(client, pending)

    def call_returned(self, pending: PendingCall, result: Result) -> None:
        """Pass it on."""
        for one in self._observers:
            one.call_returned(pending, result)
