"""Packets that the wire itself sends: copies to this host, answers to the host they came from.

Raw sockets, with the IP header as given (raw(7), ipv6(7)). What goes to this host's own address
comes in over its loopback interface, which the wire leaves alone.
"""

import contextlib
import socket
from pathlib import Path

from lab.agent.wire.netlink import part

RAW_SOCKETS = "raw sockets"
_REVERSE_PATH = "/proc/sys/net/ipv4/conf/{}/rp_filter"
_STRICT = 1


def check_copies() -> None:
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
            self._ipv4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._ipv6: socket.socket | None = None
        with contextlib.suppress(OSError):  # a kernel without IPv6 has no such packets either
            self._ipv6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        # Packets that the kernel did not take; none is lost in silence.
        self.refused = 0

    def send(self, data: bytes) -> None:
        """Send a packet to its destination."""
        try:
            if data[0] >> 4 == 4:
                self._ipv4.sendto(data, (socket.inet_ntop(socket.AF_INET, data[16:20]), 0))
            elif self._ipv6:
                address = socket.inet_ntop(socket.AF_INET6, data[24:40])
                self._ipv6.sendto(data, (address, 0))
        except OSError:
            self.refused += 1

    def close(self) -> None:
        """Close the sockets."""
        self._ipv4.close()
        if self._ipv6:
            self._ipv6.close()
