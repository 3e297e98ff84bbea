"""The faults of one link in their order, and the way of each packet through them. Pure: no I/O.

Order: what ends a packet's way, changes it, cuts it in pieces, duplicates it, changes its order,
then rate, then delay (`impairments.Stage`). A fault sees the packet as it arrived, or the piece as
it was cut; one that is lost meets no more faults.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence

from lab.agent.wire.fault import Fault
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net.packet import Packet

# Cuts a superpacket: its segments, where it has got to.
Cutter = Callable[[Superpacket], Iterable[Transit]]


def _none_to_cut(_superpacket: Superpacket) -> Iterable[Transit]:
    return ()


class Pipeline:
    """One link. Packets come out of it lost, or due for delivery.

    Each packet meets one fault after the other, at the time when it has got there: a fault that
    delays it keeps it meanwhile. What happens at one time happens in the order of arrival there.
    Times that are passed in never go back. A superpacket goes on whole as far as every fault means
    all its segments alike; from there its segments do, which `cut` makes of it.
    """

    def __init__(self, cut: Cutter = _none_to_cut) -> None:
        self._cut = cut
        self.faults: tuple[Fault, ...] = ()
        # When it goes on, a ticket, and the packet, whose ticket it is unless it has gone on since.
        self._waiting: list[tuple[int, int, Transit]] = []
        self._tickets = 0

    def add(self, fault: Fault, now_ns: int) -> None:
        """Put a fault in its place; packets that are on their way do not meet it."""
        fault.begin(now_ns)
        self.faults = tuple(sorted((*self.faults, fault), key=lambda one: one.stage))

    def lift(self, fault: Fault, now_ns: int) -> list[Transit]:
        """Take it out; return what is due by now or lost. What it kept goes on, oldest first."""
        done = self.due(now_ns)
        fault.lifted = True
        self.faults = tuple(one for one in self.faults if one is not fault)
        for ticket, transit in sorted(entry[1:] for entry in self._waiting):
            if ticket == transit.ticket and transit.faults[transit.position - 1] is fault:
                transit.at_ns = now_ns
                self._go_on(transit, done)
        return done

    def arrive(self, id_: bytes, packet: Packet, now_ns: int) -> list[Transit]:
        """Let a packet in; return, in order, what by now is lost or due."""
        done: list[Transit] = []
        self.enter(Transit(id_, packet, self.faults, now_ns), done)
        return done

    def enter(self, transit: Transit, done: list[Transit]) -> None:
        """Let a packet in that arrives now; append, in order, what by now is lost or due."""
        if self._waiting:
            done += self.due(transit.at_ns)
        self._go_on(transit, done)

    @property
    def needs_bytes(self) -> bool:
        """Is there a fault that needs more of a packet than its headers?"""
        return any(fault.needs_bytes for fault in self.faults)

    @property
    def keeps_any(self) -> bool:
        """Is there, perhaps, a packet on its way?"""
        return bool(self._waiting)

    def due(self, now_ns: int) -> list[Transit]:
        """Return, in order, what waited and by now is lost or due."""
        done: list[Transit] = []
        while self._waiting and self._waiting[0][0] <= now_ns:
            _, ticket, transit = heapq.heappop(self._waiting)
            if ticket == transit.ticket:
                self._go_on(transit, done)
        return done

    def waiting(self) -> list[Transit]:
        """Return what is on its way."""
        return [transit for _, ticket, transit in self._waiting if ticket == transit.ticket]

    def next_due_ns(self) -> int | None:
        """Return when something is to be done next, if nothing arrives."""
        while self._waiting and self._waiting[0][1] != self._waiting[0][2].ticket:
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    def _go_on(self, transit: Transit, done: list[Transit]) -> None:
        """Lead it to the next fault that keeps it, or out; and then what follows it."""
        now_ns = transit.at_ns
        transit.ticket = 0
        after: Sequence[Transit] = ()
        for fault in transit.faults[transit.position :]:
            if fault.lifted:
                transit.position += 1
                continue
            if freed := self._meet(fault, transit):
                after = (*after, *freed)
            if transit.is_refused or transit.lost or transit.at_ns > now_ns:
                break
        if transit.is_refused:
            self._go_on_cut(transit, done)
        elif transit.lost or transit.at_ns <= now_ns:
            done.append(transit)
        else:
            self._wait(transit)
        for other in after:
            if other.at_ns > now_ns:
                self._wait(other)
            else:
                self._go_on(other, done)

    def _meet(self, fault: Fault, transit: Transit) -> Sequence[Transit]:
        """Let it meet the next fault, or a part of it; return what goes on after it."""
        rest: Sequence[Transit] = ()
        if isinstance(transit, Superpacket):
            transit.position += 1
            fault.meet_superpacket(transit)
            return rest
        if fault.may_begin_within:
            rest = fault.part(transit)  # which is to meet this fault, too
        transit.position += 1
        freed = fault.meet(transit)
        return (*rest, *freed) if rest else freed

    def _go_on_cut(self, superpacket: Transit, done: list[Transit]) -> None:
        """Let the segments of a superpacket meet the fault that has refused it, in its place."""
        assert isinstance(superpacket, Superpacket)
        superpacket.position -= 1
        for segment in self._cut(superpacket):
            self._go_on(segment, done)

    def _wait(self, transit: Transit) -> None:
        self._tickets += 1
        transit.ticket = self._tickets
        heapq.heappush(self._waiting, (transit.at_ns, self._tickets, transit))
