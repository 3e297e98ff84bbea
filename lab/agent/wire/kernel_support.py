"""What the wire needs of the kernel, found out by doing it: in a network namespace of its own.

The wire of a host is made of the same parts, so what can be made here can be made there.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing

from lab.agent.wire.injection import RAW_SOCKETS, Injector
from lab.agent.wire.lines import IPV4, IPV6, Counted, Diversion
from lab.agent.wire.netlink import NETFILTER
from lab.agent.wire.nfqueue import NUMBER, QUEUE, SEGMENTS_NUMBER, Queue
from lab.agent.wire.nftables import OWNED_TABLES, TARGET, Table
from lab.agent.wire.traffic_counters import COUNTING, TrafficCounters

_TCP, _SYN = socket.IPPROTO_TCP, 0x02
_MODULES = "sudo modprobe {}; a kernel without it has none of the wire"
REMEDIES = {
    NETFILTER: _MODULES.format("nfnetlink"),
    QUEUE: _MODULES.format("nfnetlink_queue"),
    OWNED_TABLES: "use Linux 5.12 or newer; sudo modprobe nf_tables",
    TARGET: _MODULES.format("-a nft_compat xt_NFQUEUE"),
    COUNTING: "use Linux 5.16 or newer; without it nobody sees what is lost outside of the lab",
    RAW_SOCKETS: "lift what keeps containers and namespaces from CAP_NET_RAW (seccomp, LSM)",
}


def missing() -> Iterator[tuple[str, str]]:
    """Yield the name of each part that cannot be had, and why."""
    parts: tuple[Callable[[], None], ...] = (_queue, _table, _injector)
    found = [lacking for part in parts for lacking in _lacking(part)]
    yield from found or _lacking(_counters)


def _lacking(part: Callable[[], None]) -> Iterator[tuple[str, str]]:
    try:
        part()
    except OSError as error:
        name, _, why = str(error.strerror).rpartition(": ")
        yield name, why


def _queue() -> None:
    for number in (NUMBER, SEGMENTS_NUMBER):
        with closing(Queue(number)):
            pass


def _table() -> None:
    with closing(Table(NUMBER)) as table:
        # Every expression that a line may have.
        diversions = [
            Diversion(family, bytes(length), _TCP, 1, 1, _SYN, neighbours, loopback=loopback)
            for family, length in ((IPV4, 4), (IPV6, 16))
            for neighbours in (False, True)
            for loopback in (False, True)
        ]
        table.change([*diversions, *(Counted(1, one, drops=True) for one in diversions)], [])


def _injector() -> None:
    with closing(Injector()):
        pass


def _counters() -> None:
    with closing(TrafficCounters(["lo"])) as counters:
        counters.count_departures()
