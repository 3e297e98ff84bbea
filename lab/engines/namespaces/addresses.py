"""Gives every host its addresses on every network, as Docker does: the lowest that are free. Pure.

Labs need not keep out of each other's way: each has network namespaces of its own.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


def subnets(number: int, network: Mapping[str, Any]) -> list[Subnet]:
    """Return the subnets of the n-th network; ValueError when they are no subnets."""
    configs = (network.get("ipam") or {}).get("config") or []
    found = [ipaddress.ip_network(c["subnet"]) for c in configs if "subnet" in c]
    versions = {subnet.version for subnet in found}
    if 4 not in versions:
        found.append(ipaddress.IPv4Network(f"198.18.{number}.0/24"))
    if network.get("enable_ipv6") and 6 not in versions:
        found.append(ipaddress.IPv6Network(f"fd00:198:18:{number:x}::/64"))
    return found


def reserved(network: Mapping[str, Any], version: int) -> list[str]:
    """Return the addresses that the network sets aside: its router's, and the auxiliary ones."""
    found = []
    for config in (network.get("ipam") or {}).get("config") or []:
        found += [config.get("gateway"), *(config.get("aux_addresses") or {}).values()]
    return [a for a in found if a and ipaddress.ip_address(a).version == version]


class Pool:
    """The addresses of one subnet. The first is the router's, as everywhere; nobody has it here."""

    def __init__(self, subnet: Subnet, fixed: Sequence[str], reserved: Iterable[str] = ()) -> None:
        """`fixed` are those that hosts ask for, `reserved` those that nobody gets."""
        self._subnet = subnet
        self._taken = {ipaddress.ip_address(address) for address in fixed}
        if len(self._taken) < len(fixed):
            text = f"two hosts have the same fixed address ({', '.join(fixed)})"
            raise ValueError(text)
        self._taken |= {ipaddress.ip_address(address) for address in reserved}
        self._next = int(subnet.network_address) + 2

    def take(self, fixed: str = "") -> str:
        """Return the fixed address, or the next free one, with the prefix length.

        ValueError when it is not in the subnet, or none is left.
        """
        if fixed:
            address = ipaddress.ip_address(fixed)
            if address not in self._subnet:
                text = f"address {fixed} is not in the network's {self._subnet}"
                raise ValueError(text)
            return f"{address}/{self._subnet.prefixlen}"
        while (candidate := ipaddress.ip_address(self._next)) in self._taken:
            self._next += 1
        self._next += 1
        last = self._subnet.broadcast_address
        if candidate not in self._subnet or (candidate == last and candidate.version == 4):
            text = f"network {self._subnet}: no address left"
            raise ValueError(text)
        return f"{candidate}/{self._subnet.prefixlen}"
