"""An end of a socket, its address and its port, as people read it: `server:8000`. Pure."""

from collections.abc import Mapping


def plain_end(end: str) -> str:
    """Return an end as the capture has it: IPv4 is no IPv6, without a zone; a path as it is."""
    address, colon, port = end.rpartition(":")
    if not colon or not port.isdigit():
        return end
    address = _plain(address)
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def host_end(end: str, names: Mapping[str, str]) -> str:
    """Return `client:40938` for `198.18.67.3:40938`, "" for what is no known host's.

    `names` are those of hosts, by their addresses.
    """
    address, colon, port = end.rpartition(":")
    if not colon or not port.isdigit():
        return ""
    host = names.get(_plain(address))
    return f"{host}:{port}" if host else ""


def named(end: str, names: Mapping[str, str]) -> str:
    """Return an end with the name of its host; as it is where that is not known."""
    return host_end(end, names) or end


def _plain(address: str) -> str:
    address = address.removeprefix("[").removesuffix("]").partition("%")[0]
    return address.removeprefix("::ffff:") if "." in address else address
