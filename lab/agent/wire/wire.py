"""The wire of one host: the kernel's queue on one side, the links and their faults on the other.

It owns what is in the kernel (diversion, queue, raw sockets), and leaves every decision to the
pipelines. With no fault and nobody watching, nothing of it is in the packets' way.
"""

import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from lab.agent.wire import injection, nfqueue, rcu
from lab.agent.wire.cutting import Cutting, read
from lab.agent.wire.delivery import Delivery
from lab.agent.wire.diverting import Diverting
from lab.agent.wire.fault import Fault
from lab.agent.wire.injection import Injector
from lab.agent.wire.link import Link, refuse_other_versions
from lab.agent.wire.links import Links
from lab.agent.wire.loopback import LongPackets
from lab.agent.wire.nfqueue import (
    HEADERS,
    LOOPBACK,
    SEGMENTS_NUMBER,
    SUPERPACKET,
    TURN_PACKETS,
    UNSUMMED,
    WHOLE,
    Arrived,
    Queue,
)
from lab.agent.wire.transit import Transit
from lab.net import checksum
from lab.net.packet import parse


class Watcher(Protocol):
    """Sees every packet of the host that comes over its links."""

    @property
    def snap_bytes(self) -> int:
        """How many bytes of each packet it keeps."""

    @property
    def with_loopback(self) -> bool:
        """Does it see what the host sends to itself, also while no fault is about that?"""

    @property
    def is_behind(self) -> bool:
        """Must packets wait until it has done with others?"""

    def settled(self, transits: Sequence[Transit], turn_ns: int) -> None:
        """Note what has just become of some, in the turn that began then (time.monotonic_ns)."""


def _is_plain(transit: Transit) -> bool:
    """Does a packet just go on, as it came?"""
    return not (transit.lost or transit.duplicates or transit.replies) and transit.data is None


class Wire:
    """All links of a host. OSError when the kernel lacks a part, or this process the right."""

    def __init__(self) -> None:
        self._long_packets = LongPackets()
        self._diverting = Diverting()
        self._queue = Queue()
        self._segments = Queue(SEGMENTS_NUMBER)
        self._cutting = Cutting(self._queue, self._segments)
        self._last_ns = 0  # when the last packet came
        self._injector = Injector()
        self._delivery = Delivery(self._queue, self._segments, self._injector)
        self._links = Links(self._cutting.cut)
        self._watchers: list[Watcher] = []
        self._backlog: deque[Arrived] = deque()
        self._read_id = bytes(4)  # of the last packet read

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._queue.fileno()

    @property
    def idle(self) -> bool:
        """Is nothing in force?"""
        return not self._watchers and not any(self.faults())

    @property
    def is_at_rest(self) -> bool:
        """Is nothing in force, and no packet on its way?"""
        return self.idle and not self._backlog and not self._links.keep_any

    def faults(self) -> Sequence[tuple[Link, Fault]]:
        """Return all faults in force with their links."""
        return self._links.faults()

    def overload(self) -> int:
        """Return how many packets were lost because the wire could not keep up."""
        return self._queue.overload() + self._segments.overload()

    @property
    def refused(self) -> int:
        """Return how many copies and answers the kernel would not send."""
        return self._injector.refused

    def add(
        self,
        source: str,
        addresses: frozenset[bytes],
        fault: Fault,
        name: str | None = None,
        *,
        is_loopback: bool = False,
    ) -> None:
        """Put a fault in force on the link from a host; it is when this returns.

        Its random draws depend on the link's name: `name`, or the source. With `is_loopback` it is
        the link from this host to itself, over any address.
        """
        refuse_other_versions(source, addresses, fault)
        if fault.injects and not is_loopback:
            injection.check_delivery()
        link = self._links.known(source, addresses, is_loopback=is_loopback)
        # Two of the same on one link draw other numbers; one alone draws the same ones each time.
        taken = {other.instance for other in link.pipeline.faults if other.text == fault.text}
        fault.seed_for(name or source, min(set(range(len(taken) + 1)) - taken))
        try:
            if is_loopback and fault.needs_bytes:
                self._long_packets.allow(is_allowed=False)
            self._copy(more=fault.needs_bytes)
            link.pipeline.add(fault, time.monotonic_ns())
            self._divert()
        except BaseException:
            now_ns = time.monotonic_ns()
            # Packets of other faults may be due by now: they wait for an answer.
            self._settle(link.pipeline.lift(fault, now_ns), now_ns)
            self._allow_long_packets()
            raise
        self._diverting.begin(fault)

    def _allow_long_packets(self) -> None:
        self._long_packets.allow(is_allowed=not self._links.loopback.needs_bytes)

    def lift(self, fault: Fault) -> None:
        """Lift a fault; what it held back goes on."""
        now_ns = time.monotonic_ns()
        self._diverting.end(fault)
        for link, other in self.faults():
            if other is fault:
                self._settle(link.pipeline.lift(fault, now_ns), now_ns)
        self._divert()
        self._copy()
        self._allow_long_packets()

    def watch(self, watcher: Watcher) -> None:
        """Show it every packet from now on."""
        self._watchers.append(watcher)
        try:
            self._copy()
            self._divert()
        except OSError:
            self._watchers.remove(watcher)
            raise

    def unwatch(self, watcher: Watcher) -> Sequence[Transit]:
        """Show it no more, once it has seen all that has come; return what is on its way still."""
        others = [one for one in self._watchers if one is not watcher]
        try:
            self._divert(others)
            rcu.synchronize()  # now all that was diverted for it is in the queue
            self._read_all()
        finally:
            self._watchers = others
            self._copy()
        waiting = [one for link in self._links for one in link.pipeline.waiting()]
        return sorted(waiting, key=lambda one: one.arrived_ns)

    def _read_all(self) -> None:
        """Take what has come, and no more than can be there at once: more may be coming."""
        left = nfqueue.QUEUE_PACKETS
        while left > 0 and (count := self.read(at_once=True)):
            left -= count

    def _divert(self, watchers: Sequence[Watcher] | None = None) -> None:
        watchers = self._watchers if watchers is None else watchers
        # What a host sends to itself is shown while a fault is about that.
        with_loopback = bool(self._links.loopback.faults) or any(
            one.with_loopback for one in watchers
        )
        if not self._diverting.put(
            self._links, watched=bool(watchers), with_loopback=with_loopback
        ):
            self._drain()
            self._cutting.rest()

    def _drain(self) -> None:
        """Take what was diverted, now that nothing is, and let the tables go if no packet waits."""
        self._read_all()  # at once, as what comes now overtakes it
        rcu.synchronize()  # now all of it is in the queue
        self._read_all()
        if not self._backlog and not self._links.keep_any:
            self._diverting.close()

    def count(self) -> None:
        """Let faults know what the kernel has counted for them."""
        self._diverting.count()

    def _copy(self, *, more: bool = False) -> None:
        """Have as much of each packet copied as faults and watchers need, and no more.

        With `more` all of it, and what came before has been dealt with when this returns.
        """
        whole = more or any(fault.needs_bytes for _, fault in self.faults())
        whole = whole or any(one.snap_bytes > HEADERS for one in self._watchers)
        was = self._queue.copied_bytes
        for queue in (self._queue, self._segments):
            queue.copy(WHOLE if whole else HEADERS)
        if more and was != WHOLE:
            self._read_until(self._queue.last())

    def _read_until(self, last: int) -> None:
        """Take all that has come into the queue up to a packet's id."""
        while last - int.from_bytes(self._read_id, "big") > 0 and self.read(at_once=True):
            pass

    @property
    def is_behind(self) -> bool:
        """Do packets wait because a watcher is behind?"""
        behind = [one.is_behind for one in self._watchers]  # each keeps its own time
        return any(behind)

    @property
    def has_backlog(self) -> bool:
        """Do packets wait that may go on now?"""
        return bool(self._backlog) and not self.is_behind

    def read(self, *, at_once: bool = False) -> int:
        """Take packets that have arrived, settle what can be settled now; return how many came.

        While a watcher is behind they wait here, not in the socket, which has little room; unless
        `at_once`.
        """
        packets = self._queue.read()
        if self._backlog or self.is_behind:
            self._backlog += packets
            if self.is_behind and not at_once:
                return len(packets)
            count = min(TURN_PACKETS, len(self._backlog))
            packets = [self._backlog.popleft() for _ in range(count)]
        if not packets:
            return 0
        now_ns = at_ns = max(time.monotonic_ns(), self._last_ns + 1)
        settled: list[Transit] = []
        pipelines, other = self._links.by_address, self._links.others
        self._cutting.has_cut = False
        # A nanosecond apart, so that their times show the order in which they came.
        for arrived in packets:
            packet = read(arrived.data)
            pipeline = pipelines.get(packet.source, other)
            marks = arrived.marks
            if marks & LOOPBACK:
                pipeline = self._links.of_itself(marks)
            if marks & SUPERPACKET:
                for one in self._cutting.entering(arrived, packet, pipeline.faults, at_ns):
                    pipeline.enter(one, settled)
                    at_ns += one.segments
                continue
            if marks & UNSUMMED and pipeline.needs_bytes:
                packet = parse(checksum.mended(packet))
            pipeline.enter(Transit(arrived.id, packet, pipeline.faults, at_ns), settled)
            at_ns += 1
        self._last_ns, self._read_id = at_ns, packets[-1].id
        if self._are_all_that_wait(settled) and all(map(_is_plain, settled)):
            self._queue.accept_all(packets[-1].id)
            self._show(settled, now_ns)
        else:
            self._settle(settled, now_ns)
        self._diverting.came(len(packets), now_ns)
        return len(packets)

    def _are_all_that_wait(self, settled: Sequence[Transit]) -> bool:
        """Tell whether, once these are answered, no packet in the queue is without an answer."""
        if not settled or self._cutting.has_cut:
            return False
        return not self._links.keep_any

    def tick(self) -> None:
        """Settle what is due by the clock."""
        if self.is_behind:
            return
        now_ns = time.monotonic_ns()
        if self._diverting.is_due(now_ns):
            self._divert()
        for link in self._links:
            if (due_ns := link.pipeline.next_due_ns()) is not None and due_ns <= now_ns:
                self._settle(link.pipeline.due(now_ns), now_ns)

    def next_due_ns(self) -> int | None:
        """Return when `tick` is wanted next (time.monotonic_ns)."""
        if self.is_behind:
            return None
        times = [link.pipeline.next_due_ns() for link in self._links]
        times.append(self._diverting.due_ns)
        return min((time_ns for time_ns in times if time_ns is not None), default=None)

    def _settle(self, transits: Sequence[Transit], turn_ns: int) -> None:
        if not transits:
            return
        self._delivery.deliver(transits)
        self._show(transits, turn_ns)

    def _show(self, transits: Sequence[Transit], turn_ns: int) -> None:
        for watcher in self._watchers:
            watcher.settled(transits, turn_ns)

    def close(self) -> None:
        """Lift everything; no packet is lost by it."""
        for _, fault in self.faults():
            self.lift(fault)
        self._diverting.put((), watched=False)
        # Packets that met the diversion just before it went are in the queue when this returns.
        rcu.synchronize()
        while packets := [*self._backlog, *self._queue.read()]:
            self._backlog.clear()
            for one in packets:
                self._queue.accept(one.id)
            self._queue.flush()
        self._diverting.close()
        self._queue.close()
        self._segments.close()
        self._injector.close()
