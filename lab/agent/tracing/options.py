"""Socket options: names of levels and options, and what their bytes mean (socket(7), tcp(7))."""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from lab.agent.tracing.names import one
from lab.net.constants import errno_name

LEVELS = {
    **{0: "IPPROTO_IP", 1: "SOL_SOCKET", 6: "IPPROTO_TCP", 17: "IPPROTO_UDP"},
    **{41: "IPPROTO_IPV6", 58: "IPPROTO_ICMPV6", 255: "SOL_RAW", 263: "SOL_PACKET"},
    **{270: "SOL_NETLINK", 282: "SOL_TLS", 284: "IPPROTO_MPTCP"},
}


def _numbered(first: int, prefix: str, names: str) -> dict[int, str]:
    """Return names by numbers that follow each other; `-` stands for one without a name."""
    words = enumerate(names.split(), first)
    return {number: prefix + name for number, name in words if name != "-"}


# asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h, linux/udp.h
OPTIONS: Mapping[int, Mapping[int, str]] = {
    1: {
        **_numbered(
            1,
            "SO_",
            "DEBUG REUSEADDR TYPE ERROR DONTROUTE BROADCAST SNDBUF RCVBUF KEEPALIVE OOBINLINE "
            "NO_CHECK PRIORITY LINGER BSDCOMPAT REUSEPORT PASSCRED PEERCRED RCVLOWAT SNDLOWAT "
            "RCVTIMEO SNDTIMEO - - - BINDTODEVICE ATTACH_FILTER DETACH_FILTER PEERNAME TIMESTAMP "
            "ACCEPTCONN PEERSEC SNDBUFFORCE RCVBUFFORCE PASSSEC TIMESTAMPNS MARK TIMESTAMPING "
            "PROTOCOL DOMAIN RXQ_OVFL WIFI_STATUS PEEK_OFF NOFCS LOCK_FILTER SELECT_ERR_QUEUE "
            "BUSY_POLL MAX_PACING_RATE BPF_EXTENSIONS INCOMING_CPU ATTACH_BPF "
            "ATTACH_REUSEPORT_CBPF ATTACH_REUSEPORT_EBPF CNX_ADVICE - MEMINFO INCOMING_NAPI_ID "
            "COOKIE - PEERGROUPS ZEROCOPY TXTIME BINDTOIFINDEX TIMESTAMP TIMESTAMPNS "
            "TIMESTAMPING RCVTIMEO SNDTIMEO DETACH_REUSEPORT_BPF PREFER_BUSY_POLL "
            "BUSY_POLL_BUDGET NETNS_COOKIE BUF_LOCK RESERVE_MEM TXREHASH RCVMARK PASSPIDFD "
            "PEERPIDFD",
        ),
    },
    0: {
        **_numbered(
            1,
            "IP_",
            "TOS TTL HDRINCL OPTIONS ROUTER_ALERT RECVOPTS RETOPTS PKTINFO PKTOPTIONS "
            "MTU_DISCOVER RECVERR RECVTTL RECVTOS MTU FREEBIND IPSEC_POLICY XFRM_POLICY PASSSEC "
            "TRANSPARENT RECVORIGDSTADDR MINTTL NODEFRAG CHECKSUM BIND_ADDRESS_NO_PORT "
            "RECVFRAGSIZE RECVERR_RFC4884",
        ),
        **_numbered(
            32,
            "IP_",
            "MULTICAST_IF MULTICAST_TTL MULTICAST_LOOP ADD_MEMBERSHIP DROP_MEMBERSHIP "
            "UNBLOCK_SOURCE BLOCK_SOURCE ADD_SOURCE_MEMBERSHIP DROP_SOURCE_MEMBERSHIP MSFILTER",
        ),
        **{49: "IP_MULTICAST_ALL", 50: "IP_UNICAST_IF", 51: "IP_LOCAL_PORT_RANGE"},
    },
    6: {
        **_numbered(
            1,
            "TCP_",
            "NODELAY MAXSEG CORK KEEPIDLE KEEPINTVL KEEPCNT SYNCNT LINGER2 DEFER_ACCEPT "
            "WINDOW_CLAMP INFO QUICKACK CONGESTION MD5SIG - THIN_LINEAR_TIMEOUTS THIN_DUPACK "
            "USER_TIMEOUT REPAIR REPAIR_QUEUE QUEUE_SEQ REPAIR_OPTIONS FASTOPEN TIMESTAMP "
            "NOTSENT_LOWAT CC_INFO SAVE_SYN SAVED_SYN REPAIR_WINDOW FASTOPEN_CONNECT ULP "
            "MD5SIG_EXT FASTOPEN_KEY FASTOPEN_NO_COOKIE ZEROCOPY_RECEIVE INQ TX_DELAY",
        ),
    },
    17: {**{1: "UDP_CORK", 100: "UDP_ENCAP", 103: "UDP_SEGMENT", 104: "UDP_GRO"}},
    41: {
        **_numbered(
            1,
            "IPV6_",
            "ADDRFORM 2292PKTINFO 2292HOPOPTS 2292DSTOPTS 2292RTHDR 2292PKTOPTIONS CHECKSUM "
            "2292HOPLIMIT NEXTHOP AUTHHDR FLOWINFO - - - - UNICAST_HOPS MULTICAST_IF "
            "MULTICAST_HOPS MULTICAST_LOOP ADD_MEMBERSHIP DROP_MEMBERSHIP ROUTER_ALERT "
            "MTU_DISCOVER MTU RECVERR V6ONLY JOIN_ANYCAST LEAVE_ANYCAST",
        ),
        **_numbered(49, "IPV6_", "RECVPKTINFO PKTINFO RECVHOPLIMIT HOPLIMIT"),
        **{66: "IPV6_RECVTCLASS", 67: "IPV6_TCLASS", 70: "IPV6_AUTOFLOWLABEL"},
        **{72: "IPV6_ADDR_PREFERENCES", 75: "IPV6_TRANSPARENT", 78: "IPV6_FREEBIND"},
    },
    270: {
        **_numbered(
            1,
            "NETLINK_",
            "ADD_MEMBERSHIP DROP_MEMBERSHIP PKTINFO BROADCAST_ERROR NO_ENOBUFS RX_RING TX_RING "
            "LISTEN_ALL_NSID LIST_MEMBERSHIPS CAP_ACK EXT_ACK GET_STRICT_CHK",
        ),
    },
}
MOST_BYTES = 64  # of a value that are read
_INT = struct.Struct("=i")
_LINGER = struct.Struct("=ii")
_TIME = struct.Struct("=qq")  # struct timeval


def _linger(data: bytes) -> dict[str, Any]:
    on, seconds = _LINGER.unpack_from(data)
    return {"l_onoff": on, "l_linger": seconds}


def _time(data: bytes) -> dict[str, Any]:
    seconds, micros = _TIME.unpack_from(data)
    return {"tv_sec": seconds, "tv_usec": micros}


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode(errors="backslashreplace")


def _error(data: bytes) -> int | str:
    value = int(_INT.unpack_from(data)[0])
    return errno_name(value) if value else 0


# What is more than a number: the least size, and what its bytes mean.
_MEANINGS: Mapping[str, tuple[int, Callable[[bytes], Any]]] = {
    "SO_LINGER": (_LINGER.size, _linger),
    "SO_RCVTIMEO": (_TIME.size, _time),
    "SO_SNDTIMEO": (_TIME.size, _time),
    "SO_BINDTODEVICE": (1, _text),
    "TCP_CONGESTION": (1, _text),
    "TCP_ULP": (1, _text),
    "SO_ERROR": (_INT.size, _error),
}


def level(number: int) -> str:
    """Return the name of a level, or its digits."""
    return one(LEVELS, number)


def option(level_number: int, number: int) -> str:
    """Return the name of an option, or its digits."""
    return one(OPTIONS.get(level_number, {}), number)


def value(name: str, data: bytes) -> Any:
    """Return what the bytes of an option mean: a number, its fields, or hexadecimal digits."""
    least, meaning = _MEANINGS.get(name, (0, None))
    if meaning is not None and len(data) >= least:
        return meaning(data)
    if len(data) == _INT.size:
        return int(_INT.unpack(data)[0])
    return data.hex()
