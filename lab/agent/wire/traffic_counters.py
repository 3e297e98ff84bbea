"""Counts what a host sends to others, and what comes from them before the wire has it.

The kernel counts, in sets of nftables (`traffic_sets`). What leaves is counted where it is handed
to a device (the hook `egress`, Linux 5.16): it has been fragmented there, and the neighbour's
address is known. What stays on this host (`lo`) does not count, so nothing that the wire puts back
does. What goes by a router is left out.

Source: nft(8), linux/netfilter/nf_tables.h (NFTA_SET_*).
"""

import socket
from collections.abc import Iterable, Iterator

from lab.agent.wire import counters, netlink, nftables
from lab.agent.wire.lines import IPV4, IPV6
from lab.agent.wire.netlink import message, nested, number, text
from lab.agent.wire.nftables import NETDEV
from lab.agent.wire.traffic_sets import (
    ARRIVALS,
    COUNTED,
    DEPARTURES,
    FAMILIES,
    OF_ROUTES,
    ROUTES,
    Elements,
    Family,
    Figures,
    Set,
    counted,
    direct,
    element,
    lines,
    split,
)
from lab.net.traffic import Count, Counts

COUNTING = "counting of packets (nf_tables: sets that count, the hook egress)"
_NEW_SET, _GET_ELEMENTS = (10 << 8 | kind for kind in (9, 13))
_EVAL = 0x20  # NFT_SET_EVAL: lines add to it
_MOST_ELEMENTS = 8192
_ELEMENTS = 3  # NFTA_SET_ELEM_LIST_ELEMENTS
_LAST = 0x7FFFFFFF  # a priority: after all that may change or drop a packet


class TrafficCounters:
    """The kernel's part, for all captures of a host. OSError where the kernel cannot.

    It counts arrivals and next hops from the beginning, departures when told. `devices` are those
    by which something leaves; None: all of this host but `lo`. The tables belong to its socket, and
    end with it however that ends.
    """

    def __init__(self, devices: Iterable[str] | None = None) -> None:
        self._interfaces = socket.if_nameindex()
        names = (name for _, name in self._interfaces if name != "lo")
        self._devices = list(names if devices is None else devices)
        self._counts_departures = False
        self._netlink = netlink.connect()
        # Its number is the socket's alone in this namespace (netlink(7)).
        self._table = f"socket-lab-traffic-{self._netlink.getsockname()[0]}"
        try:
            with netlink.part(COUNTING):
                nftables.commit(self._netlink, [*self._tables(), *self._hooked()])
        except OSError:
            self._netlink.close()
            raise

    @property
    def fits(self) -> bool:
        """Are the interfaces of this host those that it counts at?"""
        return socket.if_nameindex() == self._interfaces

    def count_departures(self) -> None:
        """Count what leaves, too, from now on. OSError where the kernel has no egress.

        It is asked for alone: had the kernel to take back other hooks with it, packets that wait
        in a queue would be lost, as in `close`.
        """
        if self._counts_departures:
            return
        if egress := list(self._egress()):
            with netlink.part(COUNTING):
                nftables.commit(self._netlink, egress)
        self._counts_departures = True

    def read(self, *chains: str) -> Elements:
        """Return what has been counted until now. OSError where the kernel does not tell."""
        sets = (one for one in (*OF_ROUTES, *COUNTED) if one.chain in chains)
        with netlink.part(COUNTING):
            return {one: self._elements(one) for one in sets}

    def close(self) -> None:
        """Count nothing any more; packets that wait in a queue of this host are lost with it.

        That is what the kernel does where a hook goes (nf_queue_nf_hook_drop).
        """
        self._netlink.close()

    def _tables(self) -> Iterator[bytes]:
        for family in (NETDEV, IPV4, IPV6):
            yield nftables.new_table(family, self._table)
        for id_, one in enumerate((*OF_ROUTES, *COUNTED), 1):
            names = text(1, self._table) + text(2, one.name)
            kind = number(3, _EVAL) + number(4, 0) + number(5, one.key_bytes)
            size = nested(9, number(1, _MOST_ELEMENTS))
            body = names + kind + size + number(10, id_)
            yield message(_NEW_SET, netlink.CREATE, body, family=one.table_family)

    def _hooked(self) -> Iterator[bytes]:
        """Yield the chains of what arrives, and of the next hops of what leaves."""
        for family in FAMILIES:
            for name in (ARRIVALS, ROUTES):
                yield from self._chain(family, name)

    def _chain(self, family: Family, name: str) -> Iterator[bytes]:
        """Yield a chain of packets of an IP version, with its lines."""
        hook = (nftables.PREROUTING, nftables.BEFORE_THE_WIRE)
        if name == ROUTES:
            hook = (nftables.POSTROUTING, _LAST)
        yield nftables.new_chain(family.number, self._table, name, *hook)
        for line in lines(family, name):
            yield nftables.new_line(family.number, self._table, name, line)

    def _egress(self) -> Iterator[bytes]:
        """Yield the chain of packets that leave by a device, with its lines."""
        if not self._devices:
            return
        place = (nftables.EGRESS, _LAST, self._devices)
        yield nftables.new_chain(NETDEV, self._table, DEPARTURES, *place)
        for family in FAMILIES:
            for line in lines(family, DEPARTURES):
                yield nftables.new_line(NETDEV, self._table, DEPARTURES, line)

    def _elements(self, of: Set) -> dict[bytes, Figures]:
        """Return keys, and the packets and bytes of each."""
        asked = text(1, self._table) + text(2, of.name)
        dump = message(_GET_ELEMENTS, netlink.DUMP, asked, family=of.table_family)
        dumped = netlink.ask(self._netlink, dump)
        lists = (dict(netlink.attributes(body)).get(_ELEMENTS, b"") for _, body in dumped)
        return dict(element(told) for one in lists for _, told in counters.inside(one))


class TrafficCount:
    """What is counted for one capture: from now on what arrives, when told what leaves."""

    def __init__(self, counters: TrafficCounters) -> None:
        self._counters = counters
        self._addresses: frozenset[bytes] = frozenset()
        self._before = counters.read(ARRIVALS)

    def begin_departures(self, addresses: frozenset[bytes]) -> None:
        """Count what leaves from now on; only what goes between these addresses is told of.

        OSError where the kernel cannot.
        """
        self._counters.count_departures()
        self._before |= self._counters.read(DEPARTURES)
        self._addresses = addresses

    def counts(self) -> Counts:
        """Return what was counted until now. OSError where the kernel does not tell."""
        if not self._counters.fits:
            return Counts(error="its interfaces are not those of the beginning")
        sets = self._counters.read(ROUTES, DEPARTURES, ARRIVALS)
        if max(map(len, sets.values())) >= _MOST_ELEMENTS:
            return Counts(error="too many addresses and kinds of packets to count them")
        of_no_router = direct(sets)
        found: dict[str, list[Count]] = {DEPARTURES: [], ARRIVALS: []}
        for of in COUNTED:
            before = self._before.get(of, {})
            for key, (packets, bytes_) in sets[of].items():
                ends, rest = split(of, key)
                were_packets, were_bytes = before.get(key, (0, 0))
                figures = packets - were_packets, bytes_ - were_bytes
                is_known = of.chain == ARRIVALS or ends in of_no_router
                if figures[0] and is_known and self._addresses.issuperset(ends):
                    found[of.chain] += counted(of, ends, rest, figures)
        return Counts(tuple(found[DEPARTURES]), tuple(found[ARRIVALS]))
