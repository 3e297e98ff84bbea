"""Faults out of a run's events: in force from one to another, or for a moment."""

from typing import Any

from lab.agent.wire import impairments
from lab.evidence.events import FaultOff, FaultOn, HostFaultOff, HostFaultOn
from lab.report.expected import Expectations
from lab.report.model import Fault


class Faults:
    """Those of the wire and those of hosts, in the order in which they came in force."""

    def __init__(self, steps: Expectations) -> None:
        self.found: list[Fault] = []
        self._steps = steps

    def on(self, event: FaultOn) -> None:
        """Add one of the wire."""
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

    def off(self, event: FaultOff) -> None:
        """End one of the wire. KeyError when there is none of that name."""
        fault = self._in_force(event.name)
        off_ns = event.time_ns
        off_ns = off_ns if fault.off_ns is None else min(off_ns, fault.off_ns)
        self._replace(
            fault,
            off_ns=off_ns,
            acted=event.counters.acted_packets,
            matched=event.counters.matched_packets,
            to_end=not self._steps.asked_for(event.step),
        )

    def host_on(self, event: HostFaultOn) -> None:
        """Add one of a host."""
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

    def host_off(self, event: HostFaultOff) -> None:
        """End one of a host; of a service's replicas, which have one each, all of that name."""
        to_end = not self._steps.asked_for(event.step)
        for fault in [one for one in self.found if one.name == event.name]:
            if fault.host and fault.off_ns is None and event.host in {None, fault.host}:
                self._replace(fault, off_ns=event.time_ns, to_end=to_end)

    def _in_force(self, name: str) -> Fault:
        there = [one for one in self.found if one.name == name and one.acted is None]
        if not there:
            raise KeyError(name)
        return there[-1]

    def _replace(self, fault: Fault, **changes: Any) -> None:
        fields = {name: getattr(fault, name) for name in Fault.__slots__}
        self.found[fault.number] = Fault(**(fields | changes))
