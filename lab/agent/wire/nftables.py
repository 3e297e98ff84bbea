"""Which packets the kernel hands to the wire: one nftables table for each IP version.

The tables belong to this process's netlink socket (NFT_TABLE_F_OWNER, Linux 5.12): when the
process ends, however it ends, the kernel removes them. A packet that no line here names never
leaves the kernel's own path.

The chains run before reassembly and connection tracking (priority -450), so fragments come as they
arrived. `queue` is written as the target NFQUEUE of iptables, which more kernels have than
nftables' own statement. Source: linux/netfilter/nf_tables.h, nft(8).
"""

import itertools
import socket
from collections.abc import Iterable, Iterator, Sequence

from lab.agent.wire import counters, lines, netlink
from lab.agent.wire.lines import IPV4, IPV6, Counted, Line
from lab.agent.wire.netlink import attribute, message, nested, number, text

# The parts of the kernel.
OWNED_TABLES, TARGET = "owned tables (nf_tables)", "the target NFQUEUE (nft_compat, xt_NFQUEUE)"
TABLE, _CHAIN, _CUTS = "socket-lab", "wire", "cuts"
_SUBSYSTEM = 10 << 8
_NEW_TABLE, _DEL_TABLE, _NEW_CHAIN, _NEW_RULE, _GET_RULE, _DEL_RULE = (
    _SUBSYSTEM | kind for kind in (0, 2, 3, 6, 7, 8)
)
_BEGIN, _END = 0x10, 0x11
_OWNER = 0x2
PREROUTING, POSTROUTING, EGRESS = 0, 4, 1  # hooks, the last one of devices
NETDEV = 5  # NFPROTO_NETDEV: the family of tables for devices
_RAW_BEFORE_DEFRAG = -450
BEFORE_THE_WIRE = _RAW_BEFORE_DEFRAG - 2  # a priority
_HANDLE, _POSITION = 3, 6  # NFTA_RULE_HANDLE, NFTA_RULE_POSITION
_LINES_AT_ONCE = 64  # what the kernel takes, and echoes, with the least of room for a socket


class Table:
    """The diversions in force. OSError with the kernel's errno where it refuses them."""

    def __init__(self, queue: int) -> None:
        self._queue = queue
        self._netlink: socket.socket | None = None
        self._handles: dict[Line, bytes] = {}  # the kernel's names of the lines
        self._past_neighbours = b""  # of the line that lets those by

    def change(
        self, new: Sequence[Line], gone: Sequence[Line]
    ) -> list[tuple[Counted, tuple[int, int]]]:
        """Add lines, then take others away; return when that is in force.

        Return what those had counted that are gone.
        """
        if self._netlink is None:
            if not new:
                return []
            self._open()
        try:
            self._add(new)
        except OSError:
            self._remove([line for line in new if line in self._handles])
            raise
        return self._remove(gone)

    def close(self) -> None:
        """Remove the tables. What waits in a queue is lost with them (nf_queue_nf_hook_drop)."""
        if self._netlink is None:
            return
        # Said, and not only closed: then the kernel has done it when this returns.
        commit(self._netlink, [_delete_table(family) for family in (IPV4, IPV6)])
        self._forget()

    def _open(self) -> None:
        self._netlink = netlink.connect()
        try:
            with netlink.part(OWNED_TABLES):
                said = commit(self._netlink, [*_tables(), *_past_neighbours()])
            (self._past_neighbours,) = _handles_of(said)
        except OSError:
            self._forget()
            raise

    def _forget(self) -> None:
        assert self._netlink is not None
        self._netlink.close()
        self._netlink = None
        self._handles.clear()

    def count(self, line: Counted) -> tuple[int, int]:
        """Return how many packets a line has counted, and their bytes; (0, 0): there is none."""
        if self._netlink is None or line not in self._handles:
            return 0, 0
        asked = _get_rule(line, self._handles[line])
        return counters.read(netlink.ask(self._netlink, asked))

    def _add(self, new_lines: Iterable[Line]) -> None:
        assert self._netlink is not None
        for some in _batches(new_lines):
            with netlink.part(TARGET):
                said = commit(self._netlink, [self._line(one) for one in some])
            self._handles.update(zip(some, _handles_of(said), strict=True))

    def _remove(self, old_lines: Iterable[Line]) -> list[tuple[Counted, tuple[int, int]]]:
        assert self._netlink is not None
        counted: list[tuple[Counted, tuple[int, int]]] = []
        for some in _batches(old_lines):
            said = commit(self._netlink, [_delete_rule(one, self._handles[one]) for one in some])
            figures = iter(counters.read([one]) for one in said)
            counted += [(one, next(figures)) for one in some if isinstance(one, Counted)]
            for one in some:
                del self._handles[one]
        return counted

    def _line(self, one: Line) -> bytes:
        flags, chain, after = netlink.ECHO | netlink.APPEND, _CHAIN, b""
        if isinstance(one, Counted):
            # Those that drop come before all others, those that only count after all others: what
            # is diverted is counted there.
            chain = _CUTS if one.drops else _CHAIN
        elif one.family == IPV4 or one.neighbours:
            # Those that want neighbour discovery stand before the way past the wire for it.
            flags = netlink.ECHO
        else:
            after = self._past_neighbours
        found = lines.written(one, self._queue)
        return new_line(one.family, TABLE, chain, found, flags=flags, after=after)


def _batches(some_lines: Iterable[Line]) -> Iterator[tuple[Line, ...]]:
    left = iter(tuple(some_lines))
    while some := tuple(itertools.islice(left, _LINES_AT_ONCE)):
        yield some


def _tables() -> Iterable[bytes]:
    for family in (IPV4, IPV6):
        yield new_table(family, TABLE)
        for name, priority in ((_CUTS, _RAW_BEFORE_DEFRAG - 1), (_CHAIN, _RAW_BEFORE_DEFRAG)):
            yield new_chain(family, TABLE, name, PREROUTING, priority)


def new_table(family: int, name: str) -> bytes:
    """Return the message that makes a table, which goes with the socket that it is sent by."""
    return message(_NEW_TABLE, netlink.CREATE, text(1, name) + number(2, _OWNER), family=family)


def new_chain(
    family: int, table: str, name: str, hook: int, priority: int, devices: Iterable[str] = ()
) -> bytes:
    """Return the message that makes a chain which sees the packets of a hook, of those devices."""
    named = [text(1, device) for device in devices]
    place = nested(4, number(1, hook), number(2, priority), *([nested(4, *named)] if named else []))
    chain = text(1, table) + text(3, name) + place + text(7, "filter")
    return message(_NEW_CHAIN, netlink.CREATE, chain, family=family)


def new_line(
    family: int,
    table: str,
    chain: str,
    found: Iterable[bytes],
    *,
    flags: int = netlink.APPEND,
    after: bytes = b"",
) -> bytes:
    """Return the message that adds a line of expressions to a chain.

    It comes at the end, or right behind the line with the handle `after`; without the flag APPEND
    at the beginning.
    """
    body = text(1, table) + text(2, chain) + nested(4, *found)
    body += attribute(_POSITION, after) if after else b""
    return message(_NEW_RULE, netlink.CREATE | flags, body, family=family)


def _past_neighbours() -> list[bytes]:
    """Return the lines that let by what keeps a link itself; the last one is the wire's."""
    cuts = lines.past_neighbours(and_listeners=True)
    (wire,) = lines.past_neighbours(and_listeners=False)
    flags = netlink.ECHO | netlink.APPEND
    return [
        *(new_line(IPV6, TABLE, _CUTS, found) for found in cuts),
        new_line(IPV6, TABLE, _CHAIN, wire, flags=flags),
    ]


def _delete_table(family: int) -> bytes:
    return message(_DEL_TABLE, 0, text(1, TABLE), family=family)


def _delete_rule(one: Line, handle: bytes) -> bytes:
    flags = netlink.ECHO if isinstance(one, Counted) else 0
    return message(_DEL_RULE, flags, _named(one, handle), family=one.family)


def _get_rule(one: Line, handle: bytes) -> bytes:
    return message(_GET_RULE, netlink.ACK, _named(one, handle), family=one.family)


def _named(one: Line, handle: bytes) -> bytes:
    chain = _CUTS if isinstance(one, Counted) and one.drops else _CHAIN
    return text(1, TABLE) + text(2, chain) + attribute(_HANDLE, handle)


def _handles_of(said: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """Return the handles of the rules that the kernel has echoed."""
    return [dict(netlink.attributes(body))[_HANDLE] for kind, body in said if kind == _NEW_RULE]


def commit(socket_: socket.socket, messages: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Have the kernel do all of them, or none.

    The acknowledgment asked for with the last one comes after all. Return what the kernel echoes.
    """
    begin = message(_BEGIN, 0, b"", resource=10)
    end = message(_END, 0, b"", resource=10)
    last = bytearray(messages[-1])
    last[6] |= netlink.ACK
    return netlink.ask(socket_, begin, *messages[:-1], bytes(last), end)
