"""Numbers of the socket interface as the names of its manual pages: families, types, flags.

From the kernel's headers and not from Python's `socket`, so that each Python gives the same names.
What has no name here is written in hexadecimal digits.
"""

from collections.abc import Mapping
from functools import cache

FAMILIES = {
    **{0: "AF_UNSPEC", 1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 15: "AF_KEY", 16: "AF_NETLINK"},
    **{17: "AF_PACKET", 29: "AF_CAN", 30: "AF_TIPC", 31: "AF_BLUETOOTH", 38: "AF_ALG"},
    **{40: "AF_VSOCK", 44: "AF_XDP"},
}
TYPES = {
    **{1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 4: "SOCK_RDM", 5: "SOCK_SEQPACKET"},
    **{6: "SOCK_DCCP", 10: "SOCK_PACKET"},
}
TYPE_FLAGS = {0o4000: "SOCK_NONBLOCK", 0o2000000: "SOCK_CLOEXEC"}
# Protocols of IP, and their names as /etc/protocols has them.
PROTOCOLS = {
    **{1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 58: "icmpv6", 132: "sctp"},
    **{136: "udplite", 255: "raw", 262: "mptcp"},
}
_IPPROTO = {
    **{0: "IPPROTO_IP", 1: "IPPROTO_ICMP", 2: "IPPROTO_IGMP", 6: "IPPROTO_TCP"},
    **{17: "IPPROTO_UDP", 33: "IPPROTO_DCCP", 41: "IPPROTO_IPV6", 58: "IPPROTO_ICMPV6"},
    **{132: "IPPROTO_SCTP", 136: "IPPROTO_UDPLITE", 255: "IPPROTO_RAW", 262: "IPPROTO_MPTCP"},
}
# The protocol of a socket of IP that leaves it to its type.
_DEFAULTS = {1: 6, 2: 17, 5: 132}
MESSAGE_FLAGS = {
    **{0x1: "MSG_OOB", 0x2: "MSG_PEEK", 0x4: "MSG_DONTROUTE", 0x8: "MSG_CTRUNC"},
    **{0x20: "MSG_TRUNC", 0x40: "MSG_DONTWAIT", 0x80: "MSG_EOR", 0x100: "MSG_WAITALL"},
    **{0x800: "MSG_CONFIRM", 0x2000: "MSG_ERRQUEUE", 0x4000: "MSG_NOSIGNAL", 0x8000: "MSG_MORE"},
    **{0x10000: "MSG_WAITFORONE", 0x4000000: "MSG_ZEROCOPY", 0x20000000: "MSG_FASTOPEN"},
    0x40000000: "MSG_CMSG_CLOEXEC",
}
POLL_EVENTS = {
    **{0x1: "POLLIN", 0x2: "POLLPRI", 0x4: "POLLOUT", 0x8: "POLLERR", 0x10: "POLLHUP"},
    **{0x20: "POLLNVAL", 0x40: "POLLRDNORM", 0x80: "POLLRDBAND", 0x100: "POLLWRNORM"},
    **{0x200: "POLLWRBAND", 0x400: "POLLMSG", 0x2000: "POLLRDHUP"},
}
EPOLL_EVENTS = {
    **{of: f"E{name}" for of, name in POLL_EVENTS.items() if of != 0x20},
    **{1 << 28: "EPOLLEXCLUSIVE", 1 << 29: "EPOLLWAKEUP", 1 << 30: "EPOLLONESHOT"},
    1 << 31: "EPOLLET",
}
EPOLL_OPERATIONS = {1: "EPOLL_CTL_ADD", 2: "EPOLL_CTL_DEL", 3: "EPOLL_CTL_MOD"}
SHUTDOWN = {0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"}
SPLICE_FLAGS = {1: "SPLICE_F_MOVE", 2: "SPLICE_F_NONBLOCK", 4: "SPLICE_F_MORE", 8: "SPLICE_F_GIFT"}
RWF_FLAGS = {1: "RWF_HIPRI", 2: "RWF_DSYNC", 4: "RWF_SYNC", 8: "RWF_NOWAIT", 16: "RWF_APPEND"}
DESCRIPTOR_FLAGS = {0o2000000: "O_CLOEXEC"}
CLOSE_RANGE_FLAGS = {2: "CLOSE_RANGE_UNSHARE", 4: "CLOSE_RANGE_CLOEXEC"}
FCNTL = {0: "F_DUPFD", 1030: "F_DUPFD_CLOEXEC"}


def one(table: Mapping[int, str], value: int) -> str:
    """Return the name of a number, or its digits."""
    return table.get(value) or str(value)


_MASKS: dict[tuple[int, int], str] = {}


def mask(table: Mapping[int, str], value: int) -> str:
    """Return the names of the bits that are set, as `A|B`; "0" for none."""
    key = (id(table), value)
    known = _MASKS.get(key)
    if known is None:
        known = _mask(table, value)
        if len(_MASKS) < 4096:  # a program may pass any mask
            _MASKS[key] = known
    return known


def _mask(table: Mapping[int, str], value: int) -> str:
    names = [name for bit, name in table.items() if value & bit == bit]
    rest = value & ~sum(table)
    return "|".join([*names, *([hex(rest)] if rest else [])]) or "0"


@cache
def socket_type(value: int) -> str:
    """Return the type that socket(2) is given, with its flags."""
    flags = value & ~0xF
    name = one(TYPES, value & 0xF)
    return f"{name}|{_mask(TYPE_FLAGS, flags)}" if flags else name


def protocol_argument(family: int, value: int) -> str:
    """Return the protocol that socket(2) is given."""
    return one(_IPPROTO, value) if family in {2, 10} else str(value)


@cache
def protocol(family: int, kind: int, number: int) -> str:
    """Return the name of a socket's protocol, by its family, type and protocol's number."""
    if family in {2, 10}:
        return one(PROTOCOLS, number or _DEFAULTS.get(kind & 0xF, 0))
    return one(FAMILIES, family).removeprefix("AF_").lower()
