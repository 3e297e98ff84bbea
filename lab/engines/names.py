"""Who knows whom by which name, whatever the engine, as with Docker's name server. Pure.

A host knows those it shares a network with; an alias counts on its own network; and a name that
two shared networks have is that of the first one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Known(NamedTuple):
    """A host on one network: its addresses without prefix length, and its names there."""

    addresses: tuple[str, ...]
    names: tuple[str, ...]


def rank(network: str, settings: Mapping[str, Any]) -> tuple[bool, str]:
    """Return what Docker sorts a host's networks by: first those that lead outside, then by name.

    So are the interfaces numbered, too.
    """
    return bool(settings.get("internal")), network


def known_on(
    networks: Sequence[str], hosts: Mapping[str, Iterable[Known]]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each address with its names, as who is on these networks (the first first) has them.

    `hosts` are those of each network. What is IPv4's does not count for IPv6.
    """
    first: dict[tuple[str, bool], str] = {}
    for network in networks:
        for host in hosts[network]:
            for address in host.addresses:
                is_ipv6 = ":" in address
                names = dict.fromkeys(
                    name
                    for name in host.names
                    if first.setdefault((name, is_ipv6), network) == network
                )
                if names:
                    yield address, list(names)
