"""What the wire needs of the kernel, found out by doing it: in a network namespace of its own.

The wire of a host is made of the same parts, so what can be made here can be made there.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing

from lab.agent.wire.injection import RAW_SOCKETS, Injector
from lab.agent.wire.netlink import NETFILTER
from lab.agent.wire.nfqueue import NUMBER, QUEUE, Queue
from lab.agent.wire.nftables import IPV4, IPV6, OWNED_TABLES, TARGET, Diversion, Table

_TCP, _SYN = socket.IPPROTO_TCP, 0x02
_MODULES = "sudo modprobe {}; a kernel without it has none of the wire"
REMEDIES = {
    NETFILTER: _MODULES.format("nfnetlink"),
    QUEUE: _MODULES.format("nfnetlink_queue"),
    OWNED_TABLES: "use Linux 5.12 or newer; sudo modprobe nf_tables",
    TARGET: _MODULES.format("-a nft_compat xt_NFQUEUE"),
    RAW_SOCKETS: "lift what keeps containers and namespaces from CAP_NET_RAW (seccomp, LSM)",
}


def missing() -> Iterator[tuple[str, str]]:
    """Yield the name of each part that cannot be had, and why."""
    parts: tuple[Callable[[], None], ...] = (_queue, _table, _injector)
    for part in parts:
        try:
            part()
        except OSError as error:
            name, _, why = str(error.strerror).rpartition(": ")
            yield name, why


def _queue() -> None:
    with closing(Queue()):
        pass


def _table() -> None:
    with closing(Table(NUMBER)) as table:
        # Every expression that a diversion may have.
        table.divert(
            Diversion(family, bytes(length), _TCP, 1, 1, _SYN, neighbours)
            for family, length in ((IPV4, 4), (IPV6, 16))
            for neighbours in (False, True)
        )


def _injector() -> None:
    with closing(Injector()):
        pass
