"""Addresses as text, and as Python's socket takes and gives them.

IPv4 `host:port`, IPv6 `[host]:port`, both with a name or an address, or nothing for all
interfaces; a link-local one of IPv6 with the interface that it is on: `[fe80::1%eth0]:port`. Unix a
path, or `@name` for an abstract one (unix(7)), which leaves no file, or to bind nothing: then the
kernel picks an abstract one.
"""

import socket
from typing import Any

from lab.agent.call_server.handles import Handles
from lab.net.parameters import ParameterError


def read(text: str, family: int, opened: Handles) -> Any:
    """Return the address for a socket of this family; ParameterError if it can be none.

    The port may be any whole number: Python refuses one that is too large (OverflowError).
    """
    if family == socket.AF_UNIX:
        return unix(text, opened)
    host, colon, port = text.rpartition(":")
    if not colon or not port.lstrip("-").isdecimal():
        why = "must be host:port, the port a number (getservbyname finds that of a name)"
        nonsense = f"address {text!r}: {why}"
        raise ParameterError(nonsense)
    host = host.removeprefix("[").removesuffix("]")
    host, percent, scope = host.partition("%")
    if not percent:
        return host, int(port)
    # Python takes a scope as a number beside the address, and drops it from the text.
    return host, int(port), 0, int(scope) if scope.isdecimal() else socket.if_nametoindex(scope)


def unix(text: str, opened: Handles) -> str:
    """Return the address of a Unix socket."""
    if text.startswith("@"):
        return "\0" + text[1:]
    if text and not text.startswith("/"):
        opened.enter_folder()
    return text


def write(address: Any) -> str:
    """Return an address that Python's socket gave as text; "" for a socket without one."""
    if isinstance(address, bytes):  # abstract, of any bytes
        address = address.decode(errors="backslashreplace")
    if isinstance(address, tuple):
        host, port, *rest = address
        if not rest:
            return f"{host}:{port}"
        scope = f"%{rest[1]}" if rest[1] and "%" not in host else ""
        return f"[{host}{scope}]:{port}"
    return f"@{address[1:]}" if address and address[0] == "\0" else str(address or "")
