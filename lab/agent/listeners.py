"""The sockets of this network namespace that wait for others: TCP's listeners, UDP's bound ones.

The kernel lists them in /proc/net (proc_pid_net(5)).
"""

import ipaddress
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path("/proc/self/net")
# The state that such a socket is in, as /proc/net has it: TCP_LISTEN, and TCP_CLOSE, which is what
# a UDP socket without a peer has (include/net/tcp_states.h).
_WAITS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


class Listener(NamedTuple):
    """A socket that waits: its protocol, `tcp` or `udp`, and its own port."""

    protocol: str
    port: int


def listeners() -> list[Listener]:
    """Return those that other hosts can reach: not those bound to an address of the loopback."""
    return sorted({one for name in _WAITS for one in _of(name)})


def _of(name: str) -> Iterator[Listener]:
    file = _FOLDER / name
    if not file.exists():  # a kernel without IPv6
        return
    for line in file.read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        address, _, port = local.partition(":")
        if state == _WAITS[name] and not _address(address).is_loopback:
            yield Listener(name.removesuffix("6"), int(port, 16))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address that stands there in words of 32 bits, in the machine's byte order."""
    words = (int(text[at : at + 8], 16) for at in range(0, len(text), 8))
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    address = ipaddress.ip_address(packed)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
