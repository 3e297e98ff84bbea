"""The wire of one host: the kernel's queue on one side, the links and their faults on the other.

It owns what is in the kernel (diversion, queue, raw sockets), and leaves every decision to the
pipelines. With no fault and nobody watching, nothing of it is in the packets' way.
"""

import time
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Protocol

from lab.agent.wire import injection, nfqueue, rcu
from lab.agent.wire.fault import Fault
from lab.agent.wire.injection import Injector
from lab.agent.wire.nfqueue import NUMBER, Queue
from lab.agent.wire.nftables import IPV4, IPV6, Diversion, Table
from lab.agent.wire.pipeline import Pipeline
from lab.agent.wire.transit import Transit
from lab.net.packet import parse
from lab.net.parameters import ParameterError

_ADDRESS_BYTES = {4: 4, 6: 16}


class Watcher(Protocol):
    """Sees every packet of the host that comes over its links."""

    def settled(self, transits: Sequence[Transit], turn_ns: int) -> None:
        """Note what has just become of some, in the turn that began then (time.monotonic_ns)."""


class Link:
    """The directed path from one host, with all its addresses, to this one."""

    def __init__(self, source: str, addresses: Iterable[bytes]) -> None:
        self.source = source
        self.addresses = frozenset(addresses)
        self.pipeline = Pipeline()


def _refuse_other_versions(source: str, addresses: frozenset[bytes], fault: Fault) -> None:
    version = fault.match.ip_version
    if version and not any(len(address) == _ADDRESS_BYTES[version] for address in addresses):
        there = ", ".join(sorted(str(ip_address(address)) for address in addresses))
        text = f"{fault.name}: only IPv{version} is meant, and {source} has only {there or 'none'}"
        raise ParameterError(f"{text}; no packet would match")


def _is_plain(transit: Transit) -> bool:
    """Does a packet just go on, as it came?"""
    return not (transit.lost or transit.duplicates or transit.replies) and transit.data is None


class Wire:
    """All links of a host. OSError when the kernel lacks a part, or this process the right."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._by_address: dict[bytes, Pipeline] = {}
        self._other = Pipeline()  # packets from nobody's address, which only watchers see
        self._table = Table(NUMBER)
        self._queue = Queue()
        self._injector = Injector()
        self._watchers: list[Watcher] = []

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._queue.fileno()

    @property
    def idle(self) -> bool:
        """Is nothing in force?"""
        return not self._watchers and not any(self.faults())

    def faults(self) -> Sequence[tuple[Link, Fault]]:
        """Return all faults in force with their links."""
        return [(link, fault) for link in self._links.values() for fault in link.pipeline.faults]

    def overload(self) -> int:
        """Return how many packets were lost because the wire could not keep up."""
        return self._queue.overload()

    @property
    def refused(self) -> int:
        """Return how many copies and answers the kernel would not send."""
        return self._injector.refused

    def add(
        self, source: str, addresses: frozenset[bytes], fault: Fault, name: str | None = None
    ) -> None:
        """Put a fault in force on the link from a host; it is when this returns.

        Its random draws depend on the link's name: `name`, or the source.
        """
        _refuse_other_versions(source, addresses, fault)
        if fault.impairment.INJECTS:
            injection.check_delivery()
        link = self._links.get(source)
        if link is None or link.addresses != addresses:
            link = self._moved(source, addresses, link)
        # Two of the same on one link draw other numbers; one alone draws the same ones each time.
        taken = {other.instance for other in link.pipeline.faults if other.text == fault.text}
        fault.seed_for(name or source, min(set(range(len(taken) + 1)) - taken))
        link.pipeline.add(fault, time.monotonic_ns())
        try:
            self._divert()
        except BaseException:
            link.pipeline.lift(fault, time.monotonic_ns())
            raise

    def _moved(self, source: str, addresses: frozenset[bytes], old: Link | None) -> Link:
        link = self._links[source] = Link(source, addresses)
        if old:
            link.pipeline = old.pipeline
        self._by_address = {
            address: one.pipeline for one in self._links.values() for address in one.addresses
        }
        return link

    def lift(self, fault: Fault) -> None:
        """Lift a fault; what it held back goes on."""
        now_ns = time.monotonic_ns()
        for link, other in self.faults():
            if other is fault:
                self._settle(link.pipeline.lift(fault, now_ns), now_ns)
        self._divert()

    def watch(self, watcher: Watcher) -> None:
        """Show it every packet from now on."""
        self._watchers.append(watcher)
        try:
            self._divert()
        except OSError:
            self._watchers.remove(watcher)
            raise

    def unwatch(self, watcher: Watcher) -> Sequence[Transit]:
        """Show it no more, once it has seen all that has come; return what is on its way still."""
        others = [one for one in self._watchers if one is not watcher]
        try:
            self._divert(watched=bool(others))
            rcu.synchronize()  # now all that was diverted for it is in the queue
            self._read_all()
        finally:
            self._watchers = others
        waiting = [one for link in self._links.values() for one in link.pipeline.waiting()]
        return sorted(waiting, key=lambda one: one.arrived_ns)

    def _read_all(self) -> None:
        """Take what has come, and no more than can be there at once: more may be coming."""
        left = nfqueue.QUEUE_PACKETS
        while left > 0 and (count := self.read()):
            left -= count

    def _divert(self, *, watched: bool | None = None) -> None:
        wanted = set()
        if self._watchers if watched is None else watched:
            wanted = {Diversion(family, neighbours=True) for family in (IPV4, IPV6)}
        for link, fault in self.faults():
            whole = fault.needs_whole_flows
            for address in link.addresses:
                wanted.update(fault.match.diversions(address, whole_flows=whole))
        self._table.divert(wanted)

    def read(self) -> int:
        """Take packets that have arrived, settle what can be settled now; return how many came."""
        packets = self._queue.read()
        now_ns = time.monotonic_ns()
        settled: list[Transit] = []
        pipelines, other = self._by_address, self._other
        # A nanosecond apart, so that their times show the order in which they came.
        for at_ns, (id_, data) in enumerate(packets, now_ns):
            packet = parse(data)
            pipelines.get(packet.source, other).enter(id_, packet, at_ns, settled)
        if packets and self._are_all_that_wait(settled) and all(map(_is_plain, settled)):
            self._queue.accept_all(packets[-1][0])
            self._show(settled, now_ns)
        else:
            self._settle(settled, now_ns)
        return len(packets)

    def _are_all_that_wait(self, settled: Sequence[Transit]) -> bool:
        """Tell whether, once these are answered, no packet in the queue is without an answer."""
        return bool(settled) and not any(link.pipeline.keeps_any for link in self._links.values())

    def tick(self) -> None:
        """Settle what is due by the clock."""
        now_ns = time.monotonic_ns()
        for link in self._links.values():
            if (due_ns := link.pipeline.next_due_ns()) is not None and due_ns <= now_ns:
                self._settle(link.pipeline.due(now_ns), now_ns)

    def next_due_ns(self) -> int | None:
        """Return when `tick` is wanted next (time.monotonic_ns)."""
        times = [link.pipeline.next_due_ns() for link in self._links.values()]
        return min((time_ns for time_ns in times if time_ns is not None), default=None)

    def _settle(self, transits: Sequence[Transit], turn_ns: int) -> None:
        if not transits:
            return
        queue = self._queue
        for transit in transits:
            if not transit.id:
                queue.flush()  # what came before it first
                self._deliver_piece(transit)
            elif transit.lost:
                queue.drop(transit.id)
            else:
                queue.accept(transit.id, transit.data)
            if transit.duplicates or transit.replies:
                queue.flush()  # the packet itself first
                self._inject(transit)
        queue.flush()
        self._show(transits, turn_ns)

    def _show(self, transits: Sequence[Transit], turn_ns: int) -> None:
        for watcher in self._watchers:
            watcher.settled(transits, turn_ns)

    def _deliver_piece(self, piece: Transit) -> None:
        """Deliver a piece of a packet, of which the kernel's queue knows only the first."""
        if not piece.lost and piece.data is not None:
            piece.lost = not self._injector.deliver(piece.data)

    def _inject(self, transit: Transit) -> None:
        """Send what goes with a packet; what the kernel refuses has not come of it."""
        data = transit.packet.data if transit.data is None else transit.data
        copies = 0 if transit.lost else transit.duplicates
        transit.duplicates = sum(self._injector.deliver(data) for _ in range(copies))
        transit.replies = [reply for reply in transit.replies if self._injector.answer(reply)]

    def close(self) -> None:
        """Lift everything; no packet is lost by it."""
        for _, fault in self.faults():
            self.lift(fault)
        self._table.close()
        # Packets that met the diversion just before it went are in the queue when this returns.
        rcu.synchronize()
        while packets := self._queue.read():
            for id_, _ in packets:
                self._queue.accept(id_)
            self._queue.flush()
        self._queue.close()
        self._injector.close()
