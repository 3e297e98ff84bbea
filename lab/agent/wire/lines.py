"""The kernel's lines for the wire: which packets each means, and what it does to them."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

from lab.agent.wire import expressions as to
from lab.agent.wire import loopback
from lab.net.constants import LISTENER_DISCOVERY, NEIGHBOUR_DISCOVERY
from lab.net.packet import ICMPV6

IPV4, IPV6 = 2, 10  # NFPROTO_IPV4, NFPROTO_IPV6
_SOURCE = {IPV4: (12, 4), IPV6: (8, 16)}  # offset and length of the source address
_FLAGS_AT = 13  # in a TCP header
_LOOPBACK = loopback.NAME.encode().ljust(16, b"\0")


class Diversion(NamedTuple):
    """A kind of packets for the wire; what is None (or empty) does not matter.

    `source` is an address of 4 or 16 bytes, `flags` TCP flags one of which is set. It is what
    others send to this host, or (`loopback`) what it sends to itself.
    """

    family: int
    source: bytes = b""
    protocol: int | None = None
    source_port: int | None = None
    destination_port: int | None = None
    flags: int = 0
    neighbours: bool = False  # also neighbour discovery (RFC 4861), which keeps the link itself
    only_flags: int | None = None  # those of `flags` that are set, where it is not any of them
    not_source_port: int | None = None
    not_protocol: int | None = None
    loopback: bool = False
    answers: bool = False  # also those of the wire itself


class Counted(NamedTuple):
    """Packets that the kernel counts, and drops if so decided, and does not hand over.

    `number` is of whom it is for.
    """

    number: int
    packets: Diversion
    drops: bool = False

    @property
    def family(self) -> int:
        """Of the packets."""
        return self.packets.family


Line = Diversion | Counted


def written(line: Line, queue: int) -> list[bytes]:
    """Return its expressions; what is diverted goes to that queue."""
    if isinstance(line, Diversion):
        return [*_matching(line), to.queue(queue)]
    decision = [to.decide(to.DROP)] if line.drops else []
    return [*_matching(line.packets), to.count(), *decision]


def past_neighbours(*, and_listeners: bool) -> list[list[bytes]]:
    """Return what keeps neighbour discovery, and the discovery of groups, from lines after it."""
    first, last = NEIGHBOUR_DISCOVERY[0], NEIGHBOUR_DISCOVERY[-1]
    ranges = [(first, last)]
    if and_listeners:
        ranges += [(one, one) for one in sorted(LISTENER_DISCOVERY)]
    return [
        [
            *(to.meta(to.PROTOCOL), to.compare(to.EQUAL, bytes([ICMPV6]))),
            to.load(to.TRANSPORT, 0, 1),
            *(to.compare(to.AT_LEAST, bytes([least])), to.compare(to.AT_MOST, bytes([most]))),
            to.decide(to.ACCEPT),
        ]
        for least, most in ranges
    ]


def _matching(one: Diversion) -> list[bytes]:
    found = list(_from_itself(one) if one.loopback else _from_others())
    if one.source:
        offset, length = _SOURCE[one.family]
        found += [to.load(to.NETWORK, offset, length), to.compare(to.EQUAL, one.source)]
    for protocol, operation in ((one.protocol, to.EQUAL), (one.not_protocol, to.NOT_EQUAL)):
        if protocol is not None:
            found += [to.meta(to.PROTOCOL), to.compare(operation, bytes([protocol]))]
    for offset, port, operation in (
        (0, one.source_port, to.EQUAL),
        (2, one.destination_port, to.EQUAL),
        (0, one.not_source_port, to.NOT_EQUAL),
    ):
        if port is not None:
            found += [to.load(to.TRANSPORT, offset, 2)]
            found += [to.compare(operation, port.to_bytes(2, "big"))]
    if one.flags:
        operation = to.NOT_EQUAL if one.only_flags is None else to.EQUAL
        found += [to.load(to.TRANSPORT, _FLAGS_AT, 1), to.mask(one.flags)]
        found += [to.compare(operation, bytes([one.only_flags or 0]))]
    return found


def _from_others() -> Iterable[bytes]:
    # What the wire itself puts back comes in over the loopback interface.
    yield to.meta(to.INPUT_NAME)
    yield to.compare(to.NOT_EQUAL, _LOOPBACK)


def _from_itself(one: Diversion) -> Iterable[bytes]:
    yield to.meta(to.INPUT_NAME)
    yield to.compare(to.EQUAL, _LOOPBACK)
    yield to.meta(to.MARK)
    yield to.compare(to.NOT_EQUAL, loopback.COPY_MARK.to_bytes(4, sys.byteorder))
    if not one.answers:
        yield to.compare(to.NOT_EQUAL, loopback.ANSWER_MARK.to_bytes(4, sys.byteorder))
