"""Names and their numbers: of ICMP, of syslog, and of the socket interface.

The last as the manual pages spell them: socket(7), tcp(7), udp(7), ip(7), ipv6(7), unix(7),
send(2), recv(2). What this Python's `socket` has no name for is in the tables here, from the
kernel's headers.
"""

import errno
import socket
from collections.abc import Mapping

# The types of ICMP's messages over IPv4 and over IPv6, None: there is none (RFC 792, RFC 4443).
ICMP_TYPES = {
    "echo-reply": (0, 129),
    "destination-unreachable": (3, 1),
    "packet-too-big": (None, 2),
    "redirect": (5, 137),
    "echo-request": (8, 128),
    "time-exceeded": (11, 3),
    "parameter-problem": (12, 4),
    "neighbour-solicitation": (None, 135),
    "neighbour-advertisement": (None, 136),
}
# Those that are about a packet, which they quote.
ICMP_ERRORS = (
    *("destination-unreachable", "packet-too-big", "redirect", "time-exceeded"),
    "parameter-problem",
)
# The codes of destination-unreachable over each version of IP (RFC 792; RFC 1812, 5.2.7.1;
# RFC 4443, 3.1).
UNREACHABLE_CODES: Mapping[int, Mapping[int, str]] = {
    4: {
        **{0: "net-unreachable", 1: "host-unreachable", 2: "protocol-unreachable"},
        **{3: "port-unreachable", 4: "fragmentation-needed", 5: "source-route-failed"},
        **{6: "net-unknown", 7: "host-unknown", 9: "net-prohibited", 10: "host-prohibited"},
        13: "admin-prohibited",
    },
    6: {
        **{0: "no-route", 1: "admin-prohibited", 2: "beyond-scope", 3: "address-unreachable"},
        **{4: "port-unreachable", 5: "source-address-refused", 6: "route-rejected"},
    },
}
# ICMPv6 types that kernels send for no program: about neighbours (RFC 4861) and about groups
# (RFC 2710, RFC 9777).
NEIGHBOUR_DISCOVERY = range(133, 138)
LISTENER_DISCOVERY = frozenset({130, 131, 132, 143})

# RFC 5424, 6.2.1, by their codes, as rsyslog names them.
SYSLOG_FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp", "ntp", "audit", "alert", "clock"),
    *(f"local{number}" for number in range(8)),
)
SYSLOG_SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
FAMILIES = {
    "ipv4": socket.AF_INET,
    "ipv6": socket.AF_INET6,
    "unix": socket.AF_UNIX,
    "AF_INET": socket.AF_INET,
    "AF_INET6": socket.AF_INET6,
    "AF_UNIX": socket.AF_UNIX,
}
TYPES = {
    "stream": socket.SOCK_STREAM,
    "datagram": socket.SOCK_DGRAM,
    "seqpacket": socket.SOCK_SEQPACKET,
    "SOCK_STREAM": socket.SOCK_STREAM,
    "SOCK_DGRAM": socket.SOCK_DGRAM,
    "SOCK_SEQPACKET": socket.SOCK_SEQPACKET,
}
LEVELS = {
    "SOL_SOCKET": socket.SOL_SOCKET,
    "IPPROTO_IP": socket.IPPROTO_IP,
    "IPPROTO_IPV6": socket.IPPROTO_IPV6,
    "IPPROTO_TCP": socket.IPPROTO_TCP,
    "IPPROTO_UDP": socket.IPPROTO_UDP,
}
_LEVEL_OF = {
    "SO": "SOL_SOCKET",
    "IP": "IPPROTO_IP",
    "IPV6": "IPPROTO_IPV6",
    "TCP": "IPPROTO_TCP",
    "UDP": "IPPROTO_UDP",
}
_MORE = {  # asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h, linux/udp.h
    "SO_TIMESTAMP": 29,
    "SO_RCVBUFFORCE": 33,
    "SO_SNDBUFFORCE": 32,
    "SO_RXQ_OVFL": 40,
    "SO_MAX_PACING_RATE": 47,
    "IP_PKTINFO": 8,
    "IP_MTU_DISCOVER": 10,
    "IP_RECVERR": 11,
    "IP_RECVTTL": 12,
    "IP_RECVTOS": 13,
    "IP_MTU": 14,
    "IP_FREEBIND": 15,
    "IP_BIND_ADDRESS_NO_PORT": 24,
    "IPV6_MTU_DISCOVER": 23,
    "IPV6_MTU": 24,
    "IPV6_RECVERR": 25,
    "TCP_CONGESTION": 13,
    "TCP_THIN_LINEAR_TIMEOUTS": 16,
    "TCP_TIMESTAMP": 24,
    "TCP_NOTSENT_LOWAT": 25,
    "TCP_INQ": 36,
    "UDP_CORK": 1,
    "UDP_SEGMENT": 103,
    "UDP_GRO": 104,
}
VALUES = {
    "IP_PMTUDISC_DONT": 0,
    "IP_PMTUDISC_WANT": 1,
    "IP_PMTUDISC_DO": 2,
    "IP_PMTUDISC_PROBE": 3,
    "IP_PMTUDISC_INTERFACE": 4,
    "IPV6_PMTUDISC_DONT": 0,
    "IPV6_PMTUDISC_WANT": 1,
    "IPV6_PMTUDISC_DO": 2,
    "IPV6_PMTUDISC_PROBE": 3,
}
_MORE_FLAGS = {"MSG_ZEROCOPY": 0x4000000, "MSG_FASTOPEN": 0x20000000}
# Numbers with two names: the one that the manual pages use for sockets.
_PREFERRED = {errno.EAGAIN: "EAGAIN", errno.EOPNOTSUPP: "EOPNOTSUPP", errno.EDEADLK: "EDEADLK"}
OTHER_NAMES = {"EWOULDBLOCK": "EAGAIN", "ENOTSUP": "EOPNOTSUPP", "EDEADLOCK": "EDEADLK"}


def icmp_type_name(version: int, type_: int) -> str:
    """Return the name of a message by its type, "" for one that has none here."""
    place = 0 if version == 4 else 1
    return next((name for name, types in ICMP_TYPES.items() if types[place] == type_), "")


def number(table: Mapping[str, int], name: object) -> int:
    """Return what the name stands for; ValueError if it is none of the table."""
    if not isinstance(name, str) or name not in table:
        raise ValueError(name)
    return int(table[name])


def flag(name: str) -> int:
    """Return a flag of send(2) or recv(2) by its name; ValueError if there is none."""
    found = getattr(socket, name, _MORE_FLAGS.get(name))
    if not name.startswith("MSG_") or found is None:
        raise ValueError(name)
    return int(found)


def flags(mask: int) -> list[str]:
    """Return the names of the flags in a mask."""
    known = {name: int(value) for name, value in vars(socket).items() if name.startswith("MSG_")}
    return sorted(name for name, value in known.items() if value & mask)


def option(name: str) -> tuple[int, int]:
    """Return level and number of an option by its name; ValueError if there is none."""
    level = _LEVEL_OF.get(name.partition("_")[0])
    found = getattr(socket, name, _MORE.get(name))
    if level is None or found is None or name in VALUES:
        raise ValueError(name)
    return LEVELS[level], int(found)


def errno_name(value: int) -> str:
    """Return the name of an errno, or its digits."""
    return _PREFERRED.get(value) or errno.errorcode.get(value, str(value))


def errno_number(name: str) -> int:
    """Return the errno of a name that `errno_name` gave."""
    return int(name) if name.isdecimal() else int(getattr(errno, name))


def eai_name(value: int) -> str:
    """Return the name of an error of getaddrinfo(3), or its digits."""
    for name in dir(socket):
        if name.startswith("EAI_") and getattr(socket, name) == value:
            return name
    return str(value)
