"""Which subnets the networks of a lab have, and which addresses those. Pure.

The subnets are those of the file, else default ones; a host gets the lowest free address, as with
Docker. Labs need not keep out of each other's way: each has network namespaces of its own.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

from lab.compose.errors import at

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_ROUTERS = "is the network's router's"
# What Docker's bridges take for the default route in the router's place, of `aux_addresses`.
_NEXT_HOP = "DefaultGatewayIPv{}"


class Pool:
    """The addresses of one subnet.

    `router` is the router's address with the prefix length, `next_hop` the address that hosts'
    default routes lead to; "" in a subnet that is too small for a router.
    ValueError when the router's address (`gateway`), or one that nobody gets (`auxiliary`, by its
    name), cannot be.
    """

    def __init__(
        self,
        subnet: Subnet,
        *,
        given_from: Subnet | None = None,
        gateway: str = "",
        auxiliary: Mapping[str, str] | None = None,
    ) -> None:
        self.subnet = subnet
        self._held: dict[Address, str] = {subnet.network_address: "is the network's own"}
        if subnet.version == 4:
            self._held[subnet.broadcast_address] = "is the network's broadcast address"
        self._range = given_from or subnet
        if not _within(self._range, subnet):
            text = f"ip_range {given_from} is not within subnet {subnet}"
            raise ValueError(text)
        self._next = int(self._range.network_address)
        router = self._hold(gateway, _ROUTERS) if gateway else self._free()
        if router:
            self._held[router] = _ROUTERS
        for name, address in (auxiliary or {}).items():
            self._hold(address, f"is set aside ({name})")
        self.router = f"{router}/{subnet.prefixlen}" if router else ""
        next_hop = (auxiliary or {}).get(_NEXT_HOP.format(subnet.version))
        self.next_hop = next_hop or (str(router) if router else "")

    def _hold(self, text: str, what: str) -> Address:
        address = ipaddress.ip_address(text)
        if address not in self.subnet:
            text = f"address {address} is not in the network's {self.subnet}"
            raise ValueError(text)
        if address in self._held:
            text = f"address {address} {self._held[address]}; choose another"
            raise ValueError(text)
        self._held[address] = what
        return address

    def fix(self, text: str, host: str) -> str:
        """Give a host the address that it asks for; return it with the prefix length.

        ValueError when it is in use, or is no host's.
        """
        return f"{self._hold(text, f'is that of host {host}')}/{self.subnet.prefixlen}"

    def take(self) -> str:
        """Give the next free address; return it with the prefix length. ValueError at the end."""
        if (address := self._free()) is None:
            text = f"network {self._range}: no address left"
            raise ValueError(text)
        self._held[address] = "is taken"
        return f"{address}/{self.subnet.prefixlen}"

    def _free(self) -> Address | None:
        last = int(self._range.broadcast_address)
        kind = type(self.subnet.network_address)
        while self._next <= last:
            address = kind(self._next)
            if address not in self._held:
                return address
            self._next += 1
        return None


def add(pools: dict[int, Pool], config: Mapping[str, Any]) -> Pool:
    """Add the pool of an entry of a network's `ipam.config` to its pools, by IP version.

    ValueError when there cannot be one.
    """
    if "subnet" not in config:
        text = "it names no subnet, such as 198.18.0.0/24"
        raise ValueError(text)
    given_from = config.get("ip_range")
    pool = Pool(
        ipaddress.ip_network(config["subnet"]),
        given_from=ipaddress.ip_network(given_from) if given_from else None,
        gateway=config.get("gateway", ""),
        auxiliary=config.get("aux_addresses"),
    )
    if pool.subnet.version in pools:
        text = f"a second IPv{pool.subnet.version} subnet; make another network for it"
        raise ValueError(text)
    pools[pool.subnet.version] = pool
    return pool


def _within(inner: Subnet, outer: Subnet) -> bool:
    if isinstance(inner, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)


def of_networks(networks: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[int, Pool]]:
    """Return the pools of each network, by IP version; LocatedError when one cannot be.

    Each has IPv4. It has IPv6 where it says so: a subnet alone does not count, as with Docker.
    """
    found: dict[str, dict[int, Pool]] = {}
    taken: list[tuple[Subnet, str]] = []
    for network, settings in networks.items():
        found[network] = {}
        for number, config in enumerate((settings.get("ipam") or {}).get("config") or []):
            with at("networks", network, "ipam", "config", number):
                subnet = add(found[network], config).subnet
                _refuse_overlap(subnet, taken)
            taken.append((subnet, network))
        if not settings.get("enable_ipv6"):
            found[network].pop(6, None)
    for number, (network, settings) in enumerate(networks.items()):
        for version in (4, 6) if settings.get("enable_ipv6") else (4,):
            if version not in found[network]:
                with at("networks", network):
                    subnet = _default(version, number, taken)
                found[network][version] = Pool(subnet)
                taken.append((subnet, network))
    return found


def is_default(network: Mapping[str, Any], pool: Pool) -> bool:
    """Tell whether the file does not name this subnet, so that nobody can have asked for it."""
    configs = (network.get("ipam") or {}).get("config") or []
    return all(ipaddress.ip_network(config["subnet"]) != pool.subnet for config in configs)


def overlap(one: Subnet, other: Subnet) -> bool:
    """Tell whether an address is in both."""
    return one.version == other.version and one.overlaps(other)


def _refuse_overlap(subnet: Subnet, taken: list[tuple[Subnet, str]]) -> None:
    for other, network in taken:
        if overlap(subnet, other):
            text = f"subnet {subnet} overlaps with {other} of network {network}"
            raise ValueError(text)


def _default(version: int, number: int, taken: list[tuple[Subnet, str]]) -> Subnet:
    """Return a subnet for the n-th network that no other has, from RFC 2544's range or RFC 4193's.

    ValueError when none is left.
    """
    count = 512 if version == 4 else 1 << 16
    for n in (*range(number, count), *range(min(number, count))):
        text = f"198.{18 + n // 256}.{n % 256}.0/24" if version == 4 else f"fd00:198:18:{n:x}::/64"
        subnet = ipaddress.ip_network(text)
        if not any(overlap(subnet, other) for other, _ in taken):
            return subnet
    text = "no default subnet is left for it; give it one below ipam.config"
    raise ValueError(text)
