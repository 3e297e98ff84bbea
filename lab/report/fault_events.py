"""Faults out of a run's events: in force from one to another, or for a moment. Pure."""

from collections.abc import Sequence
from typing import Any

from lab.agent.wire import impairments
from lab.evidence.events import (
    CallFaultOff,
    CallFaultOn,
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
)
from lab.report import call_fault_text
from lab.report.expected import Expectations
from lab.report.model import Fault

FaultEvent = FaultOn | FaultOff | CallFaultOn | CallFaultOff | HostFaultOn | HostFaultOff


class Faults:
    """Those of the wire, of calls and of hosts, in the order in which they came in force."""

    def __init__(self, steps: Expectations) -> None:
        self.found: list[Fault] = []
        self._steps = steps

    def add(self, event: FaultEvent) -> None:
        """Add one, or end one. KeyError when there is none of that name."""
        match event:
            case FaultOn():
                self._on(event)
            case FaultOff():
                self._off(event)
            case CallFaultOn():
                self._calls_on(event)
            case CallFaultOff():
                self._calls_off(event)
            case HostFaultOn():
                self._host_on(event)
            case HostFaultOff():
                self._host_off(event)

    def _on(self, event: FaultOn) -> None:
        for_s, on_ns = event.for_s, event.time_ns
        self.found.append(
            Fault(
                number=len(self.found),
                name=event.name or event.impairment,
                kind=event.impairment,
                what=impairments.in_words(event.impairment, event.asked),
                on_ns=on_ns,
                off_ns=None if for_s is None else on_ns + round(for_s * 1e9),
                links=tuple((link.source, link.target) for link in event.links),
                said=event.text,
            )
        )

    def _off(self, event: FaultOff) -> None:
        there = [one for one in self.found if one.links and one.acted is None]
        fault = _last(there, event.name)
        off_ns = event.time_ns
        off_ns = off_ns if fault.off_ns is None else min(off_ns, fault.off_ns)
        self._replace(
            fault,
            off_ns=off_ns,
            acted=event.counters.acted_packets,
            matched=event.counters.matched_packets,
            to_end=not self._steps.asked_for(event.step),
        )

    def _calls_on(self, event: CallFaultOn) -> None:
        self.found.append(
            Fault(
                number=len(self.found),
                name=event.name or event.fault,
                kind=call_fault_text.kind(event.asked),
                what=call_fault_text.in_words(event.asked),
                on_ns=event.time_ns,
                off_ns=None,
                host=event.host,
                said=f"{event.fault}: {event.text}",
                call_id=event.fault,
            )
        )

    def _calls_off(self, event: CallFaultOff) -> None:
        there = [one for one in self.found if one.call_id and one.off_ns is None]
        fault = _last([one for one in there if one.host == event.host], event.name)
        # With an error its last counters are not known.
        acted, matched = event.acted_calls, event.matched_calls
        self._replace(
            fault,
            off_ns=event.time_ns,
            acted=None if event.error else acted,
            matched=None if event.error else matched,
            to_end=not self._steps.asked_for(event.step),
        )

    def _host_on(self, event: HostFaultOn) -> None:
        self.found.append(
            Fault(
                number=len(self.found),
                name=event.name or event.fault,
                kind=event.fault,
                what=event.fault,
                on_ns=event.time_ns,
                off_ns=None,
                host=event.host,
                is_moment=not event.lasts,
            )
        )

    def _host_off(self, event: HostFaultOff) -> None:
        """End one of a host; of a service's replicas, which have one each, all of that name."""
        to_end = not self._steps.asked_for(event.step)
        for fault in [one for one in self.found if one.name == event.name]:
            is_its = fault.host and not fault.call_id and fault.off_ns is None
            if is_its and event.host in {None, fault.host}:
                self._replace(fault, off_ns=event.time_ns, to_end=to_end)

    def _replace(self, fault: Fault, **changes: Any) -> None:
        fields = {name: getattr(fault, name) for name in Fault.__slots__}
        self.found[fault.number] = Fault(**(fields | changes))


def _last(faults: Sequence[Fault], name: str) -> Fault:
    named = [one for one in faults if one.name == name]
    if not named:
        raise KeyError(name)
    return named[-1]
