"""The faults of one link in their order, and the way of each packet through them. Pure: no I/O.

Order: what ends a packet's way, changes it, copies it, changes its order, then rate, then delay
(`impairments.Stage`). A fault sees the packet as it arrived; one that is lost meets no more faults.
"""

import heapq
from collections.abc import Sequence

from lab.agent.wire.fault import Fault
from lab.agent.wire.transit import Transit
from lab.net.packet import Packet


class Pipeline:
    """One link. Packets come out of it as passages that are lost, or due for delivery.

    Each packet meets one fault after the other, at the time when it has got there: a fault that
    delays it keeps it meanwhile. What happens at one time happens in the order of arrival there.
    Times that are passed in never go back.
    """

    def __init__(self) -> None:
        self.faults: tuple[Fault, ...] = ()
        # When it goes on, a ticket, and the packet, whose ticket it is unless it has gone on since.
        self._waiting: list[tuple[int, int, Transit]] = []
        self._tickets = 0

    def add(self, fault: Fault, now_ns: int) -> None:
        """Put a fault in its place; packets that are on their way do not meet it."""
        fault.begin(now_ns)
        self.faults = tuple(sorted((*self.faults, fault), key=lambda one: one.stage))

    def remove(self, fault: Fault, now_ns: int) -> list[Transit]:
        """Take it out; return what is due by now or lost. What it kept goes on, oldest first."""
        done = self.due(now_ns)
        fault.removed = True
        self.faults = tuple(one for one in self.faults if one is not fault)
        for ticket, passage in sorted(entry[1:] for entry in self._waiting):
            if ticket == passage.ticket and passage.faults[passage.position - 1] is fault:
                passage.at_ns = now_ns
                self._go_on(passage, done)
        return done

    def arrive(self, id_: bytes, packet: Packet, now_ns: int) -> list[Transit]:
        """Let a packet in; return, in order, what by now is lost or due."""
        done: list[Transit] = []
        self.enter(id_, packet, now_ns, done)
        return done

    def enter(self, id_: bytes, packet: Packet, now_ns: int, done: list[Transit]) -> None:
        """Let a packet in; append, in order, what by now is lost or due."""
        if self._waiting:
            done += self.due(now_ns)
        self._go_on(Transit(id_, packet, self.faults, now_ns), done)

    @property
    def keeps_any(self) -> bool:
        """Is there, perhaps, a packet on its way?"""
        return bool(self._waiting)

    def due(self, now_ns: int) -> list[Transit]:
        """Return, in order, what waited and by now is lost or due."""
        done: list[Transit] = []
        while self._waiting and self._waiting[0][0] <= now_ns:
            _, ticket, passage = heapq.heappop(self._waiting)
            if ticket == passage.ticket:
                self._go_on(passage, done)
        return done

    def waiting(self) -> list[Transit]:
        """Return what is on its way."""
        return [passage for _, ticket, passage in self._waiting if ticket == passage.ticket]

    def next_due_ns(self) -> int | None:
        """Return when something is to be done next, if nothing arrives."""
        while self._waiting and self._waiting[0][1] != self._waiting[0][2].ticket:
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    def _go_on(self, passage: Transit, done: list[Transit]) -> None:
        """Lead it to the next fault that keeps it, or out; and then what follows it."""
        now_ns = passage.at_ns
        passage.ticket = 0
        after: Sequence[Transit] = ()
        for fault in passage.faults[passage.position :]:
            passage.position += 1
            if not fault.removed:
                if freed := fault.meet(passage):
                    after = (*after, *freed)
                if passage.lost or passage.at_ns > now_ns:
                    break
        if passage.lost or passage.at_ns <= now_ns:
            done.append(passage)
        else:
            self._wait(passage)
        for other in after:
            other.at_ns = now_ns
            self._go_on(other, done)

    def _wait(self, passage: Transit) -> None:
        self._tickets += 1
        passage.ticket = self._tickets
        heapq.heappush(self._waiting, (passage.at_ns, self._tickets, passage))
