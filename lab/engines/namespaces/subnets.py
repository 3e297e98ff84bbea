"""Which subnets the networks of a lab have: those of the file, and else default ones. Pure.

Labs need not keep out of each other's way: each has network namespaces of its own.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

from lab.engines.addresses import Pool, Subnet, add
from lab.engines.namespaces.faults import at


def of_networks(networks: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[int, Pool]]:
    """Return the pools of each network, by IP version; PlaceError when one cannot be.

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


def _refuse_overlap(subnet: Subnet, taken: list[tuple[Subnet, str]]) -> None:
    for other, network in taken:
        if subnet.version == other.version and subnet.overlaps(other):
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
        if not any(version == other.version and subnet.overlaps(other) for other, _ in taken):
            return subnet
    text = "no default subnet is left for it; give it one below ipam.config"
    raise ValueError(text)
