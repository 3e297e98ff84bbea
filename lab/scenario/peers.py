"""The other end of a program's socket, as a scenario names it: `web:8080`, `198.18.0.2`, a path."""

import ipaddress
from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lab.scenario.hosts import Hosts
from lab.scenario.yaml import Mapping
from lab.suggestions import meant

Addresses = AbstractMapping[str, Sequence[str]]  # of the hosts, by their names
_LOOPBACK = ("127.0.0.1", "::1")
_MOST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Peer:
    """An end: `hosts` by name, or `addresses`, and the `port` (None: any); or a path of a socket.

    `text` is how it was written.
    """

    text: str
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    port: int | None = None
    path: str = ""

    def missing(self, known: Addresses) -> str:
        """Return why it cannot be told who is meant; "": it can."""
        unknown = [host for host in self.hosts if host not in known]
        return f"the addresses of {unknown[0]} were not recorded" if unknown else ""

    def fits(self, address: str, known: Addresses) -> bool:
        """Tell whether a socket's address, as events have it, is this end."""
        if self.path:
            return address == self.path
        host, port = parts(address)
        if host is None or self.port not in {None, port}:
            return False
        own = (*self.addresses, *(one for name in self.hosts for one in known.get(name, ())))
        return host in {plain(one) for one in own}


@lru_cache(maxsize=1024)
def plain(address: str) -> str | None:
    """Return an IP address in one form: without its scope, IPv4 as such; None where it is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def parts(address: str) -> tuple[str | None, int | None]:
    """Return the IP address (None: it has none) and the port of a socket's address."""
    host, _, port = address.rpartition(":")
    number = int(port) if _is_port(port) else None
    return plain(host.removeprefix("[").removesuffix("]")), number


def shown(address: str, known: Addresses) -> str:
    """Return a socket's address with the name of the host that has it: `web:8080`."""
    host, port = parts(address)
    for name, own in known.items():
        if host is not None and host in {plain(one) for one in own}:
            return f"{name}:{port}"
    return address


def read(step: Mapping, key: str, hosts: Hosts) -> Peer:
    """Return the end that a key names. ParseError when there can be none of that name."""
    text = str(step.need(key, str))
    if text.startswith(("/", "@")):
        return Peer(text, path=text)
    host, port = _split(step, key, text)
    if (address := plain(host)) is not None:
        return Peer(text, addresses=(address,), port=port)
    if named := hosts.named(host):
        return Peer(text, hosts=named, port=port)
    if host == "localhost":
        return Peer(text, addresses=_LOOPBACK, port=port)
    why = f"{host!r} is no host and no address{meant(host, hosts.known)}"
    raise step.error(key, f"{why}; a Unix socket is a path, or @name")


def _split(step: Mapping, key: str, text: str) -> tuple[str, int | None]:
    """Return the host and the port of `host:port`, `[IPv6]:port`, or a host alone."""
    bare = text.removeprefix("[").removesuffix("]")
    if plain(bare) is not None:
        return bare, None
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, None
    if not _is_port(port):
        raise step.error(key, f"{text!r}: the port must be a number from 1 to {_MOST_PORT}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _is_port(text: str) -> bool:
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_PORT))
    return digits and 0 < int(text) <= _MOST_PORT
