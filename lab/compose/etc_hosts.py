"""What hosts are called, who knows whom by which name, and what each has in /etc/hosts. Pure.

Whatever the engine, as with Docker's name server: a host knows those it shares a network with; an
alias counts on its own network; and a name that two shared networks have is that of the first one.
A host's own host name stands for all its addresses, and the first part of it does for it alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from lab.compose.errors import at
from lab.compose.model import Interface

_LOCAL = ("127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback")
_MOST_BYTES = 64  # HOST_NAME_MAX, sethostname(2)


class Known(NamedTuple):
    """A host on one network: its addresses without prefix length, and its names there."""

    addresses: tuple[str, ...]
    names: tuple[str, ...]


def rank(network: str, settings: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """Return what Docker sorts a host's networks by.

    First are those that lead outside, then those with routers of both families, then it is by
    name. So are the interfaces numbered, too.
    """
    return bool(settings.get("internal")), not settings.get("enable_ipv6"), network


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


def host_name(key: str, service: Mapping[str, Any]) -> str:
    """Return a host's own name; LocatedError when it can be nobody's."""
    given = str(service.get("hostname") or "")
    with at("services", key, *(["hostname"] if given else [])):
        name = _checked(given or key)
        if (length := len(name.encode())) > _MOST_BYTES:
            text = (
                f"a host name has {_MOST_BYTES} bytes at most, not {length}; set a shorter hostname"
            )
            raise ValueError(text)
        return name


def _checked(name: str) -> str:
    if not name or any(sign in "#\x7f" or sign <= " " or sign.isspace() for sign in name):
        text = f"{name!r} is no name of a host: it is empty, or has a blank or # in it"
        raise ValueError(text)
    return name


class HostsFiles(NamedTuple):
    """Every view there is; and by a host's key, which one it has, and its own lines in it."""

    texts: tuple[str, ...]
    view: dict[str, int]
    own_lines: dict[str, tuple[str, ...]]


def hosts_files(
    services: Mapping[str, Mapping[str, Any]],
    members: Mapping[str, Mapping[str, Mapping[str, Any]]],
    interfaces: Mapping[str, Sequence[Interface]],
    service_of: Mapping[str, str] = MappingProxyType({}),
    extra: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> HostsFiles:
    """Return /etc/hosts for each host, hosts with the same networks sharing one view.

    `members` has the services of each network, with their settings there; `service_of` has the
    names that replicas share, `extra` the lines that the file gives a host. LocatedError when a
    name can be nobody's.
    """
    addresses = {key: {i.network: _bare(i) for i in of_host} for key, of_host in interfaces.items()}
    known = {
        network: [
            Known(
                addresses[key][network],
                (
                    *_everywhere(key, services[key]),
                    *filter(None, [service_of.get(key)]),
                    *_aliases(key, network, member),
                ),
            )
            for key, member in of_network.items()
        ]
        for network, of_network in members.items()
    }
    numbers: dict[tuple[str, ...], int] = {}
    view_of = {key: numbers.setdefault(tuple(of), len(numbers)) for key, of in addresses.items()}
    return HostsFiles(
        tuple(view(networks, known) for networks in numbers),
        view_of,
        {
            key: own_lines(
                key,
                host_name(key, services[key]),
                [*of.values()],
                extra.get(key, ()),
            )
            for key, of in addresses.items()
        },
    )


def _bare(interface: Interface) -> tuple[str, ...]:
    """Return its addresses without prefix length, IPv6 first as Docker's name server says them."""
    return tuple(ip.partition("/")[0] for ip in (interface.ipv6, interface.ipv4) if ip)


def _everywhere(key: str, service: Mapping[str, Any]) -> list[str]:
    """Return the names that a host has on each of its networks."""
    names = [key, host_name(key, service)]
    if container := service.get("container_name"):
        with at("services", key, "container_name"):
            names.append(_checked(container))
    return names


def _aliases(key: str, network: str, member: Mapping[str, Any]) -> list[str]:
    aliases = []
    for number, alias in enumerate(member.get("aliases") or ()):
        with at("services", key, "networks", network, "aliases", number):
            aliases.append(_checked(str(alias)))
    return aliases


def view(networks: Sequence[str], hosts: Mapping[str, Iterable[Known]]) -> str:
    """Return /etc/hosts for who is on these networks, the first of which counts first."""
    lines = [" ".join([address, *names]) for address, names in known_on(networks, hosts)]
    return "\n".join([*_LOCAL, *lines]) + "\n"


def own_lines(
    key: str, host_name: str, addresses: Sequence[Sequence[str]], extra: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return what a host has there of its own, its addresses being given for each network.

    First what the file gives it, the `extra` lines. Of itself none where the others' view of it,
    by its key and its host name, is the same.
    """
    is_known = len(addresses) == 1 and host_name == key and "." not in key
    if not extra and (not addresses or is_known):
        return ()
    first = host_name.partition(".")[0]
    names = " ".join(dict.fromkeys([host_name, first] if first else [host_name]))
    return (*extra, *(f"{address} {names}" for of in addresses for address in of))


def with_own(text: str, lines: Sequence[str]) -> str:
    """Return a view with a host's own lines, whose names stand for nothing else in it."""
    own = {name for line in lines for name in line.split()[1:]}
    every = text.splitlines()
    local, others = every[: len(_LOCAL)], []
    for line in every[len(_LOCAL) :]:
        address, *names = line.split()
        if kept := [name for name in names if name not in own]:
            others.append(" ".join([address, *kept]))
    return "\n".join([*local, *lines, *others]) + "\n"
