"""The links of a service that has several replicas, as one link.

A fault on it is one on each of them, and counts their sum.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from lab.api.fault import ActiveFault, FaultStatus
from lab.api.link import Link
from lab.errors import AgentEndedError, LabError


class ReplicaLinks(Link):
    """Several links; `source` and `target` are the names that they were asked for by."""

    def __init__(self, source: str, target: str, links: Sequence[Link]) -> None:
        self.source = source
        self.target = target
        self.links = tuple(links)

    def add(
        self,
        impairment: str,
        asked: dict[str, Any],
        *,
        stay: bool = False,
        for_ms: float | None = None,
    ) -> "ReplicaFaults":
        """Add a fault to each, or to none. Errors as for one link."""
        added: list[ActiveFault] = []
        try:
            for link in self.links:
                added.append(link.add(impairment, asked, stay=stay, for_ms=for_ms))
        except BaseException:
            for fault in added:
                with suppress(LabError):
                    fault.lift()
            raise
        return ReplicaFaults(self.source, self.target, added)


class ReplicaFaults(ActiveFault):
    """Faults that have been added at once; their `number` is that of the first."""

    def __init__(self, source: str, target: str, faults: Sequence[ActiveFault]) -> None:
        self.faults = tuple(faults)
        self._ends = source, target
        self.added = self.last = self._sum([fault.added for fault in faults])
        self.for_ms = faults[0].for_ms

    def status(self) -> FaultStatus:
        """Return the sum of their counters, now. Errors as for one fault."""
        self.last = self._sum([fault.status() for fault in self.faults])
        return self.last

    def lift(self) -> FaultStatus:
        """Lift them all and return the sum of their last counters.

        AgentEndedError when one has ended with its host; the others are lifted all the same.
        """
        last: list[FaultStatus] = []
        ended: AgentEndedError | None = None
        for fault in self.faults:
            try:
                last.append(fault.lift())
            except AgentEndedError as error:
                ended = error
        if ended:
            raise ended
        self.last = self._sum(last)
        return self.last

    def _sum(self, statuses: Sequence[FaultStatus]) -> FaultStatus:
        source, target = self._ends
        return replace(
            statuses[0],
            source=source,
            target=target,
            active=any(one.active for one in statuses),
            exhausted=all(one.exhausted for one in statuses),
            matched_packets=sum(one.matched_packets for one in statuses),
            acted_packets=sum(one.acted_packets for one in statuses),
            acted_bytes=sum(one.acted_bytes for one in statuses),
        )
