"""Faults out of a run's events: in force from one to another, or for a moment."""

from typing import Any

from lab.evidence.events import Event
from lab.report.expected import Expectations
from lab.report.fault_text import fault_words
from lab.report.model import Fault

_MOMENTS = frozenset({"kill", "restart"})


class Faults:
    """Those of the wire and those of hosts, in the order in which they came in force."""

    def __init__(self, steps: Expectations) -> None:
        self.found: list[Fault] = []
        self._steps = steps

    def on(self, event: Event) -> None:
        """Add one of the wire."""
        impairment = str(event["impairment"])
        for_s = event.get("for_s")
        on_ns = int(event["time_ns"])
        self.found.append(
            Fault(
                number=len(self.found),
                name=str(event.get("name") or impairment),
                kind=impairment,
                what=fault_words(impairment, event.get("asked") or {}),
                on_ns=on_ns,
                off_ns=None if for_s is None else on_ns + round(for_s * 1e9),
                links=tuple((str(a), str(b)) for a, b in event.get("links", ())),
                said=str(event.get("said", "")),
            )
        )

    def off(self, event: Event) -> None:
        """End one of the wire. KeyError when there is none of that name."""
        fault = self._in_force(str(event["name"]))
        off_ns = event["time_ns"]
        off_ns = off_ns if fault.off_ns is None else min(off_ns, fault.off_ns)
        acted, matched = event.get("acted_packets"), event.get("matched_packets")
        self._replace(
            fault,
            off_ns=off_ns,
            acted=None if acted is None else int(acted),
            matched=None if matched is None else int(matched),
            to_end=not self._steps.asked_for(event.get("step")),
        )

    def host(self, event: Event) -> None:
        """Add one of a host, or end it."""
        if event["done"] == "lifted":
            to_end = not self._steps.asked_for(event.get("step"))
            last = self._in_force(str(event["name"]))
            # A service's replicas have one each, of the same name.
            for fault in [one for one in self.found if one.name == last.name]:
                if fault.host and fault.off_ns is None:
                    self._replace(fault, off_ns=event["time_ns"], to_end=to_end)
            return
        self.found.append(
            Fault(
                number=len(self.found),
                name=str(event.get("name") or event["done"]),
                kind=str(event["done"]),
                what=str(event["done"]),
                on_ns=int(event["time_ns"]),
                off_ns=None,
                host=str(event["host"]),
                is_moment=event["done"] in _MOMENTS,
            )
        )

    def _in_force(self, name: str) -> Fault:
        there = [one for one in self.found if one.name == name and one.acted is None]
        if not there:
            raise KeyError(name)
        return there[-1]

    def _replace(self, fault: Fault, **changes: Any) -> None:
        fields = {name: getattr(fault, name) for name in Fault.__slots__}
        self.found[fault.number] = Fault(**(fields | changes))
