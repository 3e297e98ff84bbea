"""The loopback interface of this host, over which it sends to itself: what is its own there.

What the wire itself sends has a mark (socket(7), SO_MARK), so that it does not come to the faults
of the host's link to itself. A mark never leaves the network namespace.
"""

import fcntl
import socket
import struct
from ipaddress import ip_address
from pathlib import Path

from lab.agent.wire.netlink import part

NAME, NUMBER = "lo", 1  # the first interface of every network namespace
# Of copies and pieces of packets, whose records are those of the packet; and of answers.
COPY_MARK, ANSWER_MARK = 0x534C0001, 0x534C0002
SO_MARK = 36
MTU = "the MTU of lo"
# More than that of a packet can neither be copied to the wire nor be put in its place: an
# attribute of netlink with a 16-bit length (NFQNL_MAX_COPY_RANGE).
MOST_BYTES = 0xFFFF - 4
_SIOCGIFMTU, _SIOCSIFMTU = 0x8921, 0x8922
_REQUEST = struct.Struct("=16si20x")  # struct ifreq
_IPV6_ADDRESSES = Path("/proc/self/net/if_inet6")
_IPV4, _IPV6 = (ip_address(text).packed for text in ("127.0.0.1", "::1"))


def addresses() -> frozenset[bytes]:
    """Return the addresses of the loopback itself: 127.0.0.1, and ::1 where there is IPv6."""
    try:
        there = _IPV6_ADDRESSES.read_text().split()
    except OSError:
        there = []
    return frozenset({_IPV4, *({_IPV6} & set(map(_packed, there)))})


def _packed(word: str) -> bytes:
    return bytes.fromhex(word) if len(word) == 32 else b""


def is_loopback(address: bytes) -> bool:
    """Is it an address that never leaves its host (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3)?"""
    return address == _IPV6 or (len(address) == 4 and address[0] == 127)


class LongPackets:
    """Keeps packets of the loopback so short that the wire can change them, while that is wanted.

    The kernel makes lo with an MTU of 65,536 bytes; TCP sends as many at once.
    """

    def __init__(self) -> None:
        self._was_bytes = 0  # while it is another

    def allow(self, *, is_allowed: bool) -> None:
        """Let them be, or not. OSError when the kernel refuses."""
        if is_allowed is not (self._was_bytes > 0):
            return
        with part(MTU), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            now_bytes = _mtu(any_socket)
            if not is_allowed and now_bytes > MOST_BYTES:
                _set_mtu(any_socket, MOST_BYTES)
                self._was_bytes = now_bytes
            elif is_allowed:
                if now_bytes == MOST_BYTES:  # else somebody has set it meanwhile
                    _set_mtu(any_socket, self._was_bytes)
                self._was_bytes = 0


def _mtu(any_socket: socket.socket) -> int:
    answer = fcntl.ioctl(any_socket, _SIOCGIFMTU, _REQUEST.pack(NAME.encode(), 0))
    found: int = _REQUEST.unpack(answer)[1]
    return found


def _set_mtu(any_socket: socket.socket, mtu_bytes: int) -> None:
    fcntl.ioctl(any_socket, _SIOCSIFMTU, _REQUEST.pack(NAME.encode(), mtu_bytes))
