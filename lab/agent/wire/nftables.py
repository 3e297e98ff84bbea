"""Which packets the kernel hands to the wire: one nftables table for each IP version.

The tables belong to this process's netlink socket (NFT_TABLE_F_OWNER, Linux 5.12): when the
process ends, however it ends, the kernel removes them. A packet that no line here names never
leaves the kernel's own path.

The chains run before reassembly and connection tracking (priority -450), so fragments come as they
arrived. `queue` is written as the target NFQUEUE of iptables, which more kernels have than
nftables' own statement. Source: linux/netfilter/nf_tables.h, nft(8).
"""

import contextlib
import errno
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lab.agent.wire import netlink
from lab.agent.wire.netlink import attribute, message, nested, number, text
from lab.net.constants import NEIGHBOUR_DISCOVERY
from lab.net.packet import ICMPV6

# The parts of the kernel.
OWNED_TABLES, TARGET = "owned tables (nf_tables)", "the target NFQUEUE (nft_compat, xt_NFQUEUE)"
ROOM = "room for the lines of so many hosts in one step (nf_tables; net.core.wmem_max)"
TABLE, _CHAIN = "socket-lab", "wire"
IPV4, IPV6 = 2, 10  # NFPROTO_IPV4, NFPROTO_IPV6
_SUBSYSTEM = 10 << 8
_NEW_TABLE, _DEL_TABLE, _NEW_CHAIN, _NEW_RULE, _DEL_RULE = (
    _SUBSYSTEM | kind for kind in (0, 2, 3, 6, 8)
)
_BEGIN, _END = 0x10, 0x11
_OWNER = 0x2
_PREROUTING, _RAW_BEFORE_DEFRAG = 0, -450
_REGISTER, _VERDICT_REGISTER = 1, 0
_ACCEPT = 1  # NF_ACCEPT
_NETWORK, _TRANSPORT = 1, 2  # bases of `payload`
_EQUAL, _NOT_EQUAL, _AT_MOST, _AT_LEAST = 0, 1, 3, 5  # operations of `cmp`
_PROTOCOL_KEY, _INPUT_NAME_KEY = 16, 6  # keys of `meta`
_BYPASS = 1
_NAME_BYTES = 16
_SOURCE = {IPV4: (12, 4), IPV6: (8, 16)}  # offset and length of the source address
_FLAGS_AT = 13  # in a TCP header
_NATIVE = sys.byteorder


class Diversion(NamedTuple):
    """A kind of packets for the wire; what is None (or empty) does not matter.

    `source` is an address of 4 or 16 bytes, `flags` TCP flags one of which is set.
    """

    family: int
    source: bytes = b""
    protocol: int | None = None
    source_port: int | None = None
    destination_port: int | None = None
    flags: int = 0
    neighbours: bool = False  # also neighbour discovery (RFC 4861), which keeps the link itself


class Table:
    """The diversions in force. OSError with the kernel's errno where it refuses them."""

    def __init__(self, queue: int) -> None:
        self._queue = queue
        self._netlink: socket.socket | None = None
        self._made: dict[Diversion, bytes] = {}  # the lines of last time

    def divert(self, diversions: Iterable[Diversion]) -> None:
        """Put these in place of those there were, in one step; return when they are in force.

        Of more than the kernel takes in one step there is one for each source, for all it sends.
        """
        wanted = set(diversions)
        try:
            self._put(wanted)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            with netlink.part(ROOM):
                self._put({Diversion(*one[:2], neighbours=one.neighbours) for one in wanted})

    def _put(self, diversions: set[Diversion]) -> None:
        wanted = sorted(diversions, key=repr)
        if not wanted:
            self.close()
        elif self._netlink is None:
            self._open(wanted)
        else:
            clear = [_delete_rules(family) for family in (IPV4, IPV6)]
            _commit(self._netlink, [*clear, *self._rules(wanted)])

    def close(self) -> None:
        """Remove the tables."""
        if self._netlink is None:
            return
        # Said, and not only closed: then the kernel has done it when this returns.
        _commit(self._netlink, [_delete_table(family) for family in (IPV4, IPV6)])
        self._netlink.close()
        self._netlink = None

    def _open(self, wanted: Sequence[Diversion]) -> None:
        self._netlink = netlink.connect()
        try:
            _commit(self._netlink, [*_tables(), *self._rules(wanted)])
        except OSError as error:
            self._netlink.close()
            self._netlink = None
            if error.errno == errno.EMSGSIZE:
                raise
            _try_tables()
            with netlink.part(TARGET):
                raise

    def _rules(self, wanted: Sequence[Diversion]) -> Iterator[bytes]:
        # Those that want neighbour discovery, then the way past the wire for it, then all others.
        self._made = {one: self._made.get(one) or self._rule(one) for one in wanted}
        yield from (line for one, line in self._made.items() if one.neighbours)
        kinds = [_load(_TRANSPORT, 0, 1), _compare(_AT_LEAST, bytes([NEIGHBOUR_DISCOVERY[0]]))]
        kinds += [_compare(_AT_MOST, bytes([NEIGHBOUR_DISCOVERY[-1]])), _accept()]
        yield _new_rule(IPV6, [_meta(_PROTOCOL_KEY), _compare(_EQUAL, bytes([ICMPV6])), *kinds])
        yield from (line for one, line in self._made.items() if not one.neighbours)

    def _rule(self, one: Diversion) -> bytes:
        expressions = list(_input_is_not("lo"))
        if one.source:
            offset, length = _SOURCE[one.family]
            expressions += [_load(_NETWORK, offset, length), _compare(_EQUAL, one.source)]
        if one.protocol is not None:
            expressions += [_meta(_PROTOCOL_KEY), _compare(_EQUAL, bytes([one.protocol]))]
        for offset, port in ((0, one.source_port), (2, one.destination_port)):
            if port is not None:
                expressions += [_load(_TRANSPORT, offset, 2)]
                expressions += [_compare(_EQUAL, port.to_bytes(2, "big"))]
        if one.flags:
            expressions += [_load(_TRANSPORT, _FLAGS_AT, 1), _mask(one.flags)]
            expressions += [_compare(_NOT_EQUAL, b"\0")]
        expressions.append(_queue(self._queue))
        return _new_rule(one.family, expressions)


def _input_is_not(interface: str) -> Iterable[bytes]:
    # What the wire itself puts back comes in over the loopback interface.
    yield _meta(_INPUT_NAME_KEY)
    yield _compare(_NOT_EQUAL, interface.encode().ljust(_NAME_BYTES, b"\0"))


def _tables() -> Iterable[bytes]:
    for family in (IPV4, IPV6):
        table = text(1, TABLE) + number(2, _OWNER)
        yield message(_NEW_TABLE, netlink.CREATE, table, family=family)
        hook = nested(4, number(1, _PREROUTING), number(2, _RAW_BEFORE_DEFRAG))
        chain = text(1, TABLE) + text(3, _CHAIN) + hook + text(7, "filter")
        yield message(_NEW_CHAIN, netlink.CREATE, chain, family=family)


def _try_tables() -> None:
    """Make tables without any rule, and remove them. OSError where the kernel refuses these."""
    with contextlib.closing(netlink.connect()) as tried, netlink.part(OWNED_TABLES):
        _commit(tried, [*_tables(), *map(_delete_table, (IPV4, IPV6))])


def _delete_table(family: int) -> bytes:
    return message(_DEL_TABLE, 0, text(1, TABLE), family=family)


def _delete_rules(family: int) -> bytes:
    return message(_DEL_RULE, 0, text(1, TABLE) + text(2, _CHAIN), family=family)


def _new_rule(family: int, expressions: Iterable[bytes]) -> bytes:
    body = text(1, TABLE) + text(2, _CHAIN) + nested(4, *expressions)
    return message(_NEW_RULE, netlink.CREATE | netlink.APPEND, body, family=family)


def _commit(socket_: socket.socket, messages: Sequence[bytes]) -> None:
    """All of them, or none; the acknowledgment asked for with the last one comes after all."""
    begin = message(_BEGIN, 0, b"", resource=10)
    end = message(_END, 0, b"", resource=10)
    last = bytearray(messages[-1])
    last[6] |= netlink.ACK
    netlink.ask(socket_, begin, *messages[:-1], bytes(last), end)


def _expression(name: str, *attributes: bytes) -> bytes:
    return nested(1, text(1, name), nested(2, *attributes))


def _load(base: int, offset: int, length: int) -> bytes:
    place = number(2, base) + number(3, offset) + number(4, length)
    return _expression("payload", number(1, _REGISTER), place)


def _meta(key: int) -> bytes:
    return _expression("meta", number(1, _REGISTER), number(2, key))


def _compare(operation: int, value: bytes) -> bytes:
    data = nested(3, attribute(1, value))
    return _expression("cmp", number(1, _REGISTER), number(2, operation), data)


def _mask(bits: int) -> bytes:
    mask = nested(4, attribute(1, bytes([bits]))) + nested(5, attribute(1, b"\0"))
    registers = number(1, _REGISTER) + number(2, _REGISTER)
    return _expression("bitwise", registers, number(3, 1), mask)


def _accept() -> bytes:
    verdict = nested(2, nested(2, number(1, _ACCEPT)))  # data, verdict, code
    return _expression("immediate", number(1, _VERDICT_REGISTER), verdict)


def _queue(queue: int) -> bytes:
    # struct xt_NFQ_info_v3: first queue, how many, flags; in this machine's byte order.
    info = b"".join(value.to_bytes(2, _NATIVE) for value in (queue, 1, _BYPASS, 0))
    return _expression("target", text(1, "NFQUEUE"), number(2, 3), attribute(3, info))
