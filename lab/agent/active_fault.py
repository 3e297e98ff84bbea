"""A fault that is active, or was: whose it is, when it ends, and its status for programs."""

import time
from typing import Any

from lab.agent.connection import Connection
from lab.agent.wire.fault import Fault

# How long the last counters of a fault whose time is over are kept for whoever lists the faults.
_REMEMBERED_NS = 3600 * 10**9


class ActiveFault:
    """A fault with its owner (None: it stays) and its end (monotonic, None: none)."""

    def __init__(
        self, number: int, source: str, fault: Fault, owner: Connection | None, for_ms: float | None
    ) -> None:
        self.number = number
        self.source = source
        self.fault = fault
        self.owner = owner
        self.active = True
        self._added_ns = time.time_ns()
        # When it is to be lifted; once it is over, when it is to be forgotten.
        self.due_ns: int | None = None
        if for_ms is not None:
            self.due_ns = time.monotonic_ns() + round(for_ms * 1e6)

    @property
    def is_due(self) -> bool:
        """Is it time to lift it, or to forget it?"""
        return self.due_ns is not None and time.monotonic_ns() >= self.due_ns

    @property
    def is_kept(self) -> bool:
        """Is it over, and kept for whoever lists the faults? An owner's goes with its owner."""
        return not self.active and self.owner is None

    def expire(self) -> None:
        """Note that it has been lifted because its time is over."""
        self.active = False
        self.due_ns = None if self.owner else time.monotonic_ns() + _REMEMBERED_NS

    def status(self) -> dict[str, Any]:
        """Return its state and counters, as JSON."""
        fault = self.fault
        left_ms = None
        if self.active and self.due_ns is not None:
            left_ms = max(0, self.due_ns - time.monotonic_ns()) / 1e6
        return {
            "fault": self.number,
            "source": self.source,
            "impairment": fault.name,
            "asked": fault.asked,
            "active": self.active,
            "exhausted": fault.exhausted,
            "stays": self.owner is None,
            "left_ms": left_ms,
            "matched_packets": fault.matched_packets,
            "acted_packets": fault.acted_packets,
            "acted_bytes": fault.acted_bytes,
            "added_ns": self._added_ns,
        }
