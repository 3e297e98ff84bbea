"""Which captures the kernel counts for, and until when.

A connection asks for it with `count`, then for a capture. Counters are shared by all captures of a
host. Those that nobody needs are closed only when no packet is on the wire, which would be lost
with them. What the kernel refuses is no error here: the counts say it.
"""

from collections.abc import Callable

from lab.agent.connection import Connection
from lab.agent.wire.traffic_counters import TrafficCount, TrafficCounters
from lab.net.traffic import Counts


class Counting:
    """What is counted for each connection, or why it is not."""

    def __init__(self) -> None:
        self._counters: TrafficCounters | None = None
        self._old: list[TrafficCounters] = []  # of interfaces that are no more as they were
        self._refused = ""  # why this kernel makes no counters
        self._counts: dict[Connection, TrafficCount | str] = {}

    def begin(self, connection: Connection) -> None:
        """Count what arrives from now on."""
        try:
            self._counts[connection] = self._refused or TrafficCount(self._made())
        except OSError as error:
            self._counts[connection] = _reason(error)

    def begin_departures(self, connection: Connection, addresses: frozenset[bytes]) -> None:
        """Count what leaves, too, from now on, and all of it between these addresses.

        Where `begin` was not called, nothing is counted.
        """
        count = self._counts.get(connection)
        if not isinstance(count, TrafficCount):
            return
        try:
            count.begin_departures(addresses)
        except OSError as error:
            self._counts[connection] = _reason(error)

    def counts(self, connection: Connection) -> Counts:
        """Return what was counted until now; its `error` says why nothing was."""
        count = self._counts.get(connection, "nobody asked it to count")
        if isinstance(count, str):
            return Counts(error=count)
        try:
            return count.counts()
        except OSError as error:
            return Counts(error=_reason(error))
        except Exception as error:
            # The loop has no other guard, and the faults of others would go with the agent.
            return Counts(error=f"internal error: {error!r}")

    def end(self, connection: Connection) -> None:
        """Count nothing for it any more; `close_unneeded` has the kernel stop."""
        self._counts.pop(connection, None)

    def close_unneeded(self, is_at_rest: Callable[[], bool]) -> None:
        """Close the counters if nobody needs them, and no packet is on the wire."""
        if (self._old or self._counters) and not self._counts and is_at_rest():
            self.close()

    def close(self) -> None:
        """Close the counters; whoever is counted for is forgotten."""
        self._counts.clear()
        for one in (*self._old, *filter(None, [self._counters])):
            one.close()
        self._old.clear()
        self._counters = None

    def _made(self) -> TrafficCounters:
        if self._counters and not self._counters.fits:
            # They are closed with the others: packets may be on the wire now.
            self._old.append(self._counters)
            self._counters = None
        if self._counters is None:
            try:
                self._counters = TrafficCounters()
            except OSError as error:
                # Not asked again: what the kernel takes back may take waiting packets with it.
                self._refused = _reason(error)
                raise
        return self._counters


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
