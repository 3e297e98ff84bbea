"""Which addresses a subnet has, and who gets which: as with Docker, the lowest free one. Pure."""

import ipaddress
from collections.abc import Mapping
from typing import Any

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_ROUTERS = "is the network's router's"


class Pool:
    """The addresses of one subnet.

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
        if gateway:
            self._hold(gateway, _ROUTERS)
        elif first := self._free():
            self._held[first] = _ROUTERS
        for name, address in (auxiliary or {}).items():
            self._hold(address, f"is set aside ({name})")

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
