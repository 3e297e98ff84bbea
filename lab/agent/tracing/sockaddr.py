"""Addresses of sockets, from struct sockaddr to text: `host:port`, `[host]:port`, a path.

An abstract Unix address is `@name` (unix(7)). Bytes that are not UTF-8 are escaped. The scope of a
link-local address is the number of its interface: its name is another host's affair.
"""

import socket
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache

MOST_BYTES = 128  # struct sockaddr_storage
UNSPECIFIED = "AF_UNSPEC"
_FAMILY = struct.Struct("=H").unpack_from
_PORT = struct.Struct("!H").unpack_from
_SCOPE = struct.Struct("=I").unpack_from
_INTERFACE = struct.Struct("=4xi").unpack_from


def family(data: bytes) -> int | None:
    """Return the family of an address, None where it is too short to have one."""
    return int(_FAMILY(data)[0]) if len(data) >= 2 else None


def _ipv4(data: bytes) -> str:
    return f"{socket.inet_ntop(socket.AF_INET, data[4:8])}:{_PORT(data, 2)[0]}"


def _ipv6(data: bytes) -> str:
    scope = _SCOPE(data, 24)[0] if len(data) >= 28 else 0
    host = socket.inet_ntop(socket.AF_INET6, data[8:24])
    return f"[{host}{f'%{scope}' if scope else ''}]:{_PORT(data, 2)[0]}"


def _path(data: bytes) -> str:
    data = data[2:]
    if not data:
        return ""
    if data[0]:
        return data.partition(b"\0")[0].decode(errors="backslashreplace")
    return "@" + data[1:].decode(errors="backslashreplace").replace("\0", "\\x00")


def _pair(places: struct.Struct, first: int, second: int) -> Callable[[bytes], str]:
    def shown(data: bytes) -> str:
        values = places.unpack_from(data)
        return f"{values[first]}:{values[second]}"

    return shown


# By family: the least size of such an address, and how it is written.
_WRITERS: Mapping[int, tuple[int, Callable[[bytes], str]]] = {
    socket.AF_INET: (8, _ipv4),
    socket.AF_INET6: (24, _ipv6),
    socket.AF_UNIX: (2, _path),
    socket.AF_NETLINK: (12, _pair(struct.Struct("=4xII"), 0, 1)),
    socket.AF_VSOCK: (12, _pair(struct.Struct("=4xII"), 1, 0)),
    socket.AF_PACKET: (8, lambda data: f"%{_INTERFACE(data)[0]}"),
}


@lru_cache(maxsize=1024)
def text(data: bytes) -> str:
    """Return an address as text; "" for none, hexadecimal digits for what is not known here.

    `AF_UNSPEC` stands for an address of that family: it is none (connect(2)).
    """
    kind = family(data)
    if kind is None:
        return ""
    if kind == socket.AF_UNSPEC:
        return UNSPECIFIED
    least, write = _WRITERS.get(kind, (len(data) + 1, None))
    return write(data) if write and len(data) >= least else data[2:].hex()
