"""How an address is written for people. Pure but for asking the kernel who a local peer is."""

import socket
import struct
from typing import Any

_MAPPED = "::ffff:"


def shown(address: Any) -> str:
    """The address as `host:port`, `[host]:port` for IPv6, or a Unix socket's path.

    An IPv4 peer of a socket that serves both families appears as itself, not as the
    IPv4-mapped IPv6 address that the kernel makes of it (RFC 4291, 2.5.5.2).
    """
    if not isinstance(address, tuple):
        name = address.decode(errors="replace") if isinstance(address, bytes) else str(address)
        return name or "a local socket without a name"
    host, port = address[0], address[1]
    if host.startswith(_MAPPED):
        host = host.removeprefix(_MAPPED)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def peer_of(conn: socket.socket, address: Any) -> str:
    """The peer of an accepted connection; for a Unix socket its process (unix(7), SO_PEERCRED)."""
    if conn.family != socket.AF_UNIX:
        return shown(address)
    layout = struct.Struct("3i")
    credentials = conn.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, layout.size)
    pid, uid, _gid = layout.unpack(credentials)
    return f"process {pid} of user {uid}"
