"""The values of this API as events: whoever writes evidence makes its events here."""

import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.agent.call_server import encoding
from lab.api.call_client import PendingCall
from lab.api.call_fault import CallFault
from lab.api.call_result import Result
from lab.api.fault import ActiveFault, FaultStatus
from lab.api.program import Program, ProgramRun
from lab.evidence.events import (
    CallFaultOff,
    CallFaultOn,
    CallOutcome,
    CallStarted,
    FaultCounters,
    FaultLink,
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
    Raised,
    SocketAddresses,
)
from lab.model import Output

_MOST_OUTPUT_BYTES = 1 << 16
_KILLED = 128 + signal.SIGKILL  # as a shell has it

# What is done to a host, by the method of `Host`; and what undoes it.
_UNDOES = {"resume": "pause", "connect": "disconnect"}


# --- calls


def call_begun(pending: PendingCall) -> CallOutcome:
    """Return what is known of a call before its end."""
    arguments = {key: _data(value) for key, value in pending.arguments.items()}
    return CallOutcome(host=pending.host, call=pending.call, arguments=arguments)


def call_started(name: str, pending: PendingCall, *, step: int | None = None) -> CallStarted:
    """Return that a call was started under a name; its outcome comes later."""
    begun = call_begun(pending)
    return CallStarted(
        step=step, name=name, host=begun.host, call=begun.call, arguments=begun.arguments
    )


def call_ended(begun: CallOutcome, result: Result) -> CallOutcome:
    """Return what came of it."""
    return replace(
        begun,
        began_ns=result.began_ns,
        ended_ns=result.ended_ns,
        result=result.returned,
        raised=Raised(**result.raised) if result.raised else None,
        addresses=SocketAddresses(**result.addresses),
    )


def _data(value: Any) -> Any:
    """Return data as evidence has it: of much, only its length and hash."""
    if isinstance(value, Mapping) and set(value) == {"hex"}:
        return encoding.encode(bytes.fromhex(value["hex"]))
    return value


# --- programs


def program_begun(program: Program, *, name: str | None = None) -> ProgramOutcome:
    """Return what is known of a program before its end."""
    return ProgramOutcome(
        name=name,
        host=program.host.name,
        argv=program.argv,
        traced=program.trace is not None,
        began_ns=program.began_ns,
    )


def program_started(begun: ProgramOutcome, *, step: int | None = None) -> ProgramStarted:
    """Return that a program was started under a name; its outcome comes later."""
    assert begun.name is not None
    return ProgramStarted(
        step=step,
        name=begun.name,
        host=begun.host,
        argv=begun.argv,
        environment=begun.environment,
        traced=begun.traced,
    )


def program_input(
    name: str, host: str, data: bytes, *, close: bool = False, refused: bool = False
) -> ProgramInput:
    """Return what a program was given: it has taken all of it, or `refused` it."""
    return ProgramInput(
        name=name,
        host=host,
        data=encoding.encode(data) if data else None,
        size_bytes=len(data),
        taken_bytes=0 if refused else len(data),
        close=close,
        refused=refused,
    )


def program_outcome(program: Program, begun: ProgramOutcome) -> ProgramOutcome:
    """Return what is known now of a program whose outputs are remembered (`TeedProcess`)."""
    status = program.process.poll()
    seen = program.process.seen()
    return replace(
        begun,
        ended_ns=None if status is None else time.time_ns(),
        exit_status=status,
        output=_text(seen["stdout"]),
        errors=_text(seen["stderr"]),
    )


def program_run(run: ProgramRun) -> ProgramOutcome:
    """Return what came of a program that was run to its end, or has taken too long."""
    end = run.end
    status: int | None
    if isinstance(end, Output):
        output, errors, status = end.stdout, end.stderr, end.exit_status
    else:
        output, errors, status = end.output, end.errors, _KILLED if end.killed else None
    return ProgramOutcome(
        host=run.host.name,
        argv=run.argv,
        traced=run.traced,
        began_ns=run.began_ns,
        ended_ns=None if status is None else run.ended_ns,
        exit_status=status,
        output=_text(output),
        errors=_text(errors),
        killed_after_s=None if isinstance(end, Output) or not end.killed else run.timeout_s,
    )


def _text(data: bytes) -> str:
    return data[-_MOST_OUTPUT_BYTES:].decode(errors="replace")


# --- faults


def fault_on(name: str, faults: Sequence[ActiveFault], *, step: int | None = None) -> FaultOn:
    """Return that faults were added under one name, one on each of its links."""
    one = faults[0]
    links = (
        FaultLink(source=fault.added.source, target=fault.added.target, fault=fault.added.id)
        for fault in faults
    )
    return FaultOn(
        step=step,
        name=name,
        impairment=one.added.impairment,
        asked=one.added.asked,
        links=tuple(links),
        for_s=None if one.for_ms is None else one.for_ms / 1000,
    )


def fault_off(
    name: str,
    last: Sequence[FaultStatus],
    *,
    step: int | None = None,
    counters_lost: bool = False,
    error: str = "",
) -> FaultOff:
    """Return that the faults of a name have ended; `last` are their last counters."""
    counters = FaultCounters(
        matched_packets=sum(status.matched_packets for status in last),
        acted_packets=sum(status.acted_packets for status in last),
        acted_bytes=sum(status.acted_bytes for status in last),
    )
    return FaultOff(
        step=step, name=name, counters=counters, counters_lost=counters_lost, error=error
    )


def call_fault_on(name: str, fault: CallFault, *, step: int | None = None) -> CallFaultOn:
    """Return that a fault of calls was made."""
    added = fault.added
    return CallFaultOn(step=step, name=name, host=added.host, fault=added.id, asked=added.asked)


def call_fault_off(
    name: str, fault: CallFault, *, step: int | None = None, error: str = ""
) -> CallFaultOff:
    """Return that a fault of calls has ended, with its last counters."""
    last = fault.last
    return CallFaultOff(
        step=step,
        name=name,
        host=last.host,
        matched_calls=last.matched_calls,
        acted_calls=last.acted_calls,
        error=error,
    )


def host_change(host: str, action: str) -> HostFaultOn | HostFaultOff:
    """Return what was done to a host: `action` is the name of the method of `Host`."""
    if action in _UNDOES:
        return HostFaultOff(name=_UNDOES[action], host=host)
    lasts = action in _UNDOES.values()
    return HostFaultOn(name=action, host=host, fault=action, lasts=lasts)
