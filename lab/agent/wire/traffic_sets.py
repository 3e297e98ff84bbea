"""The sets that what is sent and what arrives is counted in: their keys, written and read. No I/O.

An element of a set counts the packets between two addresses that are alike: of TCP by their flags,
and of short ones by their length, too; of all else by protocol. Of fragments only the first one
counts. Neighbour and listener discovery (RFC 4861, RFC 3810) are left out.

Source: nft(8), linux/netfilter/nf_tables.h (NFTA_SET_ELEM_*).
"""

import errno
import ipaddress
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lab.agent.wire import counters
from lab.agent.wire import expressions as to
from lab.agent.wire.lines import IPV4, IPV6, past_neighbours
from lab.agent.wire.nftables import NETDEV
from lab.net.packet import ACK, FIN, RST, SYN, TCP
from lab.net.traffic import Count, protocol_kind, tcp_kind

_KEY, _EXPRESSION, _VALUE = 1, 7, 1  # NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_EXPR; NFTA_DATA_VALUE
_WORD = 4
_FLAGS = SYN | FIN | RST | ACK
_FLAGS_AT, _OFFSET_AND_FLAGS = 12, 0xF000 | _FLAGS  # with the data offset (RFC 9293, 3.1)
_MOST_TCP_HEADER = 60
_ETHERNET_HEADER = 14
_NAME_BYTES = 16
_LEAST_TRANSPORT = 3  # bytes, which every header has; a fragment that is not the first has none
DEPARTURES, ARRIVALS, ROUTES = "departures", "arrivals", "routes"  # chains


class Family(NamedTuple):
    """Where in a packet of an IP version is what is counted by."""

    number: int
    ethertype: int
    source_at: int
    address_bytes: int
    length_at: int
    header_bytes: int
    counted_header_bytes: int  # those that the length counts


_IPV4 = Family(IPV4, 0x0800, 12, 4, 2, 20, 20)
_IPV6 = Family(IPV6, 0x86DD, 8, 16, 4, 40, 0)
FAMILIES = (_IPV4, _IPV6)


class Set(NamedTuple):
    """A set: of what leaves, of what arrives, or of the next hops of what leaves (`routes`)."""

    family: Family
    chain: str
    is_tcp: bool = False

    @property
    def table_family(self) -> int:
        """Of which family the table is that has it (NFPROTO_*)."""
        return NETDEV if self.chain == DEPARTURES else self.family.number

    @property
    def name(self) -> str:
        """Its name in that table."""
        kind = "tcp" if self.is_tcp else "other"
        return f"{self.chain}-{self.family.address_bytes}-{kind}"

    @property
    def rest_at(self) -> int:
        """Where the two addresses of a key end, in bytes."""
        return 2 * self.family.address_bytes

    @property
    def rest_register(self) -> int:
        """The register of what follows the addresses in a key."""
        return to.FIRST_WORD + self.rest_at // _WORD

    @property
    def key_bytes(self) -> int:
        """How long a key is."""
        if self.chain == ROUTES:
            return 3 * self.family.address_bytes
        return self.rest_at + (2 if self.is_tcp else 1) * _WORD


OF_ROUTES = tuple(Set(family, ROUTES) for family in FAMILIES)
COUNTED = tuple(
    Set(family, chain, is_tcp)
    for family in FAMILIES
    for chain in (DEPARTURES, ARRIVALS)
    for is_tcp in (True, False)
)
Figures = tuple[int, int]  # packets, bytes
Elements = dict[Set, dict[bytes, Figures]]
Ends = tuple[bytes, bytes]


def lines(family: Family, chain: str) -> Iterator[Iterable[bytes]]:
    """Yield the lines of a chain: each gives the expressions that add to a set."""
    if chain == ROUTES:
        yield _route_line(Set(family, chain))
        return
    tcp, other = (Set(family, chain, is_tcp) for is_tcp in (True, False))
    yield _tcp_line(tcp, only_short=True)
    yield _tcp_line(tcp, only_short=False)
    if family is _IPV6:
        yield from past_neighbours(and_listeners=True)
    yield _other_line(other)


def _beginning(of: Set) -> Iterator[bytes]:
    if of.chain == DEPARTURES:
        yield to.meta(to.ETHERTYPE)
        yield to.compare(to.EQUAL, of.family.ethertype.to_bytes(2, "big"))
    else:
        yield to.meta(to.INPUT_NAME)
        yield to.compare(to.NOT_EQUAL, b"lo".ljust(_NAME_BYTES, b"\0"))
    # Not fewer bytes: the kernel's short way for those does not look whether it is a fragment.
    yield to.load(to.TRANSPORT, 0, _LEAST_TRANSPORT)


def _addresses(of: Set) -> Iterator[bytes]:
    at, size = of.family.source_at, of.family.address_bytes
    yield to.load(to.NETWORK, at, size, to.FIRST_WORD)
    yield to.load(to.NETWORK, at + size, size, to.FIRST_WORD + size // _WORD)


def _tcp_line(of: Set, *, only_short: bool) -> Iterator[bytes]:
    """Yield a line for TCP. Of short packets the length is a part of the key: 0 of all others."""
    family, flags = of.family, of.rest_register
    # First, as most packets need no more of the line that is not theirs.
    yield from (to.meta(to.PROTOCOL), to.compare(to.EQUAL, bytes([TCP])))
    yield from _beginning(of)
    if only_short:
        most = family.counted_header_bytes + _MOST_TCP_HEADER
        yield to.load(to.NETWORK, family.length_at, 2)
        yield to.compare(to.AT_MOST, most.to_bytes(2, "big"))
    yield from _addresses(of)
    yield to.load(to.TRANSPORT, _FLAGS_AT, 2, flags)
    yield to.mask(_OFFSET_AND_FLAGS, 2, flags)
    yield to.load(to.NETWORK, family.length_at, 2, flags + 1)
    if not only_short:
        yield to.mask(0, 2, flags + 1)
    yield to.count_in(of.name, to.FIRST_WORD)
    yield to.decide(to.ACCEPT)


def _other_line(of: Set) -> Iterator[bytes]:
    yield from _beginning(of)
    yield from _addresses(of)
    yield to.meta(to.PROTOCOL, of.rest_register)
    yield to.count_in(of.name, to.FIRST_WORD)


def _route_line(of: Set) -> Iterator[bytes]:
    yield from _addresses(of)
    yield to.next_hop(ipv6=of.family is _IPV6, register=of.rest_register)
    yield to.count_in(of.name, to.FIRST_WORD)


def element(told: bytes) -> tuple[bytes, Figures]:
    """Return the key of an element that the kernel tells of, and what it has counted.

    OSError (EBADMSG) where something of it is missing.
    """
    parts = dict(counters.inside(told))
    try:
        key = dict(counters.inside(parts[_KEY]))[_VALUE]
        return key, counters.counted(parts[_EXPRESSION]) or (0, 0)
    except KeyError:  # an attribute is missing
        raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG)) from None


def split(of: Set, key: bytes) -> tuple[Ends, bytes]:
    """Return the addresses of an element, and the rest of its key."""
    size = of.family.address_bytes
    return (key[:size], key[size : of.rest_at]), key[of.rest_at :]


def direct(sets: Elements) -> set[Ends]:
    """Return the addresses between which packets went by no router, which may lose them."""
    hops: dict[Ends, set[bytes]] = {}
    for of in OF_ROUTES:
        for key in sets[of]:
            ends, next_hop = split(of, key)
            hops.setdefault(ends, set()).add(next_hop)
    return {ends for ends, there in hops.items() if there == {ends[1]}}


def counted(of: Set, ends: Ends, rest: bytes, figures: Figures) -> Iterator[Count]:
    """Yield what an element stands for, if anything: `rest` is its key after the addresses."""
    packets, bytes_ = figures
    family = of.family
    begin, end = (str(ipaddress.ip_address(one)) for one in ends)
    if of.is_tcp:
        tcp_bytes = (rest[0] >> 4) * 4
        is_empty = int.from_bytes(rest[4:6], "big") == family.counted_header_bytes + tcp_bytes
        kind = tcp_kind(rest[1], is_empty=is_empty)
        header_bytes = family.header_bytes + tcp_bytes
        header_bytes += _ETHERNET_HEADER if of.chain == DEPARTURES else 0
        yield Count(begin, end, kind, packets, bytes_ - packets * header_bytes)
    elif rest[0] != TCP:
        yield Count(begin, end, protocol_kind(rest[0]), packets, 0)
