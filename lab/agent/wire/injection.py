"""Packets that the wire itself sends: copies to this host, answers to the host they came from.

Raw sockets, with the IP header as given (raw(7), ipv6(7)). A copy comes in over the loopback
interface and never leaves this host, whatever its destination. The wire leaves it alone there, by
its mark.
"""

import contextlib
import socket
from pathlib import Path

from lab.agent.wire.loopback import ANSWER_MARK, COPY_MARK, SO_MARK
from lab.agent.wire.netlink import part

RAW_SOCKETS = "raw sockets"
_REVERSE_PATH = "/proc/sys/net/ipv4/conf/{}/rp_filter"
_STRICT = 1
_OWN_IPV6 = Path("/proc/self/net/if_inet6")
_LINK_LOCAL = 0xFE80 >> 6  # of the first ten bits, RFC 4291, 2.5.6


def check_delivery() -> None:
    """Raise OSError when the kernel would throw copies away: they come in over `lo`, and a strict
    reverse path filter wants them where answers would go (ip-sysctl: rp_filter, the larger counts).
    """
    values = [int(Path(_REVERSE_PATH.format(place)).read_text()) for place in ("all", "lo")]
    if max(values) == _STRICT:
        why = "copies: net.ipv4.conf.all.rp_filter is 1 on this host; set it to 0 or 2 there"
        raise OSError(0, f"{why} (in the compose file: sysctls)")


class Injector:
    """Sends whole IP packets. OSError when this process may not (CAP_NET_RAW)."""

    def __init__(self) -> None:
        with part(RAW_SOCKETS):
            self._ipv4 = _raw(socket.AF_INET, ANSWER_MARK)
            self._loopback = _raw(socket.AF_INET, COPY_MARK)
            self._loopback.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
            # A broadcast packet was for this host; on `lo` it is for this host alone.
            self._loopback.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._ipv6: socket.socket | None = None
        self._ipv6_copies: socket.socket | None = None
        with contextlib.suppress(OSError):  # a kernel without IPv6 has no such packets either
            self._ipv6 = _raw(socket.AF_INET6, ANSWER_MARK)
            self._ipv6_copies = _raw(socket.AF_INET6, COPY_MARK)
        # This host's IPv6 addresses, each with the number of its interface.
        self._own: dict[bytes, int] = {}
        # Packets that the kernel did not take; none is lost in silence.
        self.refused = 0

    def deliver(self, data: bytes) -> bool:
        """Let a packet that is for this host come to it, once more; tell whether it does."""
        if data[0] >> 4 == 4:
            return self._sent(self._loopback, data, _ipv4(data))
        # IPv6 knows no way over `lo` from another's address; to its own a host needs no other.
        if not self._number_of(data[24:40]):
            self.refused += 1
            return False
        return self._sent(self._ipv6_copies, data, self._ipv6_to(data))

    def answer(self, data: bytes) -> bool:
        """Send a packet to its destination; tell whether the kernel took it."""
        if data[0] >> 4 == 4:
            return self._sent(self._ipv4, data, _ipv4(data))
        return self._sent(self._ipv6, data, self._ipv6_to(data))

    def _sent(self, by: socket.socket | None, data: bytes, to: tuple[object, ...]) -> bool:
        try:
            if by:
                by.sendto(data, to)
                return True
        except OSError:
            pass
        self.refused += 1
        return False

    def _ipv6_to(self, data: bytes) -> tuple[object, ...]:
        source, destination = data[8:24], data[24:40]
        # A link-local address means nothing without its link: that of the address it is sent from.
        is_local = int.from_bytes(destination[:2], "big") >> 6 == _LINK_LOCAL
        scope = self._number_of(source) or self._number_of(destination) if is_local else 0
        return socket.inet_ntop(socket.AF_INET6, destination), 0, 0, scope

    def _number_of(self, address: bytes) -> int:
        """Return the number of the interface that has this address of the host; 0: none has."""
        if address not in self._own:  # it may be new
            with contextlib.suppress(OSError):
                lines = map(str.split, _OWN_IPV6.read_text().splitlines())
                self._own = {bytes.fromhex(line[0]): int(line[1], 16) for line in lines}
        return self._own.get(address, 0)

    def close(self) -> None:
        """Close the sockets."""
        for one in (self._ipv4, self._loopback, self._ipv6, self._ipv6_copies):
            if one:
                one.close()


def _raw(family: int, mark: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    try:
        made.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
    except OSError:
        made.close()
        raise
    return made


def _ipv4(data: bytes) -> tuple[str, int]:
    return socket.inet_ntop(socket.AF_INET, data[16:20]), 0
