"""Picks addresses for a lab's network, so that two labs can stand side by side.

Compose passes them to the file as LAB_WIRE_IPV4 (the first three bytes of a /24) and LAB_WIRE_IPV6
(the first 48 bits of a /64); a file that does not use them is not affected.
"""

import hashlib
import ipaddress
import os
from collections.abc import Iterable, Iterator, Mapping

from lab.engines.compose import docker_client

_NETWORKS = 512  # the /24s of 198.18.0.0/15, set aside for tests of networks (RFC 2544)


def environments(name: str) -> Iterator[Mapping[str, str]]:
    """Yield settings to try, the same order for the same name; nothing where the user has set them.

    Addresses that another Docker network has now are left out.
    """
    if "LAB_WIRE_IPV4" in os.environ or "LAB_WIRE_IPV6" in os.environ:
        yield {}
        return
    digest = hashlib.sha256(name.encode()).digest()
    for step, subnet in enumerate(free_subnets(name)):
        ipv4 = str(subnet.network_address).rpartition(".")[0]
        # RFC 4193: fd and 40 bits that nobody else is likely to have; here made from the name.
        rest = hashlib.sha256(digest + bytes([step % 256])).hexdigest()
        yield {"LAB_WIRE_IPV4": ipv4, "LAB_WIRE_IPV6": f"fd{rest[:2]}:{rest[2:6]}:{rest[6:10]}"}


def free_subnets(name: str) -> Iterator[ipaddress.IPv4Network]:
    """Yield subnets that no Docker network has now, the same order for the same name."""
    taken = list(_taken())
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big")
    for step in range(_NETWORKS):
        number = (start + step) % _NETWORKS
        subnet = ipaddress.IPv4Network(f"198.{18 + number // 256}.{number % 256}.0/24")
        if not any(subnet.overlaps(other) for other in taken):
            yield subnet


def _taken() -> Iterable[ipaddress.IPv4Network]:
    client = docker_client.connect()
    try:
        for network in client.networks.list():
            for config in (network.attrs.get("IPAM") or {}).get("Config") or ():
                subnet = ipaddress.ip_network(config.get("Subnet", "0.0.0.0/32"), strict=False)
                if isinstance(subnet, ipaddress.IPv4Network):
                    yield subnet
    finally:
        client.close()
