"""The faults that act on calls, and the calls that they let wait."""

import heapq
import time
from collections.abc import Iterator
from contextlib import suppress

from lab.agent.tracing import effects
from lab.agent.tracing.fault import CallFault
from lab.agent.tracing.injection import skip
from lab.agent.tracing.task import PendingCall


class Faults:
    """Lets faults act on calls that begin; `active` may change at any time."""

    def __init__(self) -> None:
        self.active: list[CallFault] = []
        self._delayed: list[tuple[int, int, PendingCall]] = []
        self._last = 0

    def act(self, pending: PendingCall) -> bool:
        """Let faults act on a call that begins; tell whether it is to wait."""
        if pending.process.let_go:
            return False
        pending.kind.at_fault(pending)
        taking = [one for one in self.active if one.takes(pending)]  # each counts it
        if not taking:
            return False
        fault = taking[0]
        pending.kind.at_entry(
            pending
        )  # what the program passed, and not what the fault makes of it
        if fault.errno:
            pending.error = fault.errno
            skip(pending.task.tid, -fault.errno)
        elif fault.count:
            with suppress(OSError):
                pending.undo = effects.shorten(pending, fault.count)
            if pending.undo is None and not fault.delay_ns:
                return False
        fault.acted += 1
        pending.fault = fault.number
        if fault.delay_ns:
            self._last += 1
            due_ns = time.monotonic_ns() + fault.delay_ns
            heapq.heappush(self._delayed, (due_ns, self._last, pending))
        return fault.delay_ns > 0

    def next_due_ns(self) -> int | None:
        """Return when the next call that waits is due, on the monotonic clock."""
        return self._delayed[0][0] if self._delayed else None

    def due(self) -> Iterator[PendingCall]:
        """Yield the calls that have waited for long enough, and whose threads are there still."""
        while self._delayed and self._delayed[0][0] <= time.monotonic_ns():
            pending = heapq.heappop(self._delayed)[2]
            if pending.task.call is pending:
                yield pending

    def let_go(self, root: int) -> Iterator[PendingCall]:
        """Yield the calls of a root that wait; they are due no more."""
        gone = [one for one in self._delayed if one[2].process.root == root]
        self._delayed = [one for one in self._delayed if one not in gone]
        heapq.heapify(self._delayed)
        for _, _, pending in gone:
            if pending.task.call is pending:
                yield pending
