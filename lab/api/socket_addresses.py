"""Socket addresses: in the form of Python's `socket`, and as the text of a call server."""

import operator
import socket
from typing import Any

Address = tuple[Any, ...] | str | bytes


def text(address: Address, family: int) -> str:
    """Return the text of an address; TypeError if the family has no such addresses."""
    if family == socket.AF_UNIX:
        if isinstance(address, bytes):
            address = address.decode()
        if not isinstance(address, str):
            why = f"an address of AF_UNIX is text or bytes, not {type(address).__name__}"
            raise TypeError(why)
        return f"@{address[1:]}" if address.startswith("\0") else address
    if not isinstance(address, tuple) or len(address) < 2 or not isinstance(address[0], str):
        raise TypeError("an address of AF_INET or AF_INET6 is a tuple: (host, port)")
    host, port, *rest = address
    scope = f"%{rest[1]}" if rest[1:] and rest[1] else ""
    bracketed = f"[{host}{scope}]" if family == socket.AF_INET6 else host
    return f"{bracketed}:{operator.index(port)}"


def address(written: str, family: int) -> Any:
    """Return the address that a call server wrote, in the form of Python's `socket`."""
    if family == socket.AF_UNIX:
        return b"\0" + written[1:].encode() if written.startswith("@") else written
    if not written:
        return None
    host, _, port = written.rpartition(":")
    if family == socket.AF_INET:
        return host, int(port)
    host, _, scope = host[1:-1].partition("%")
    return host, int(port), 0, int(scope or 0)
