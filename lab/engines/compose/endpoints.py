"""The network endpoints of hosts: networks, the addresses there and the names.

Assigned before the lab is made, and kept as a label of the container, because Docker forgets them
when a container is disconnected: whoever connects it, it is the same host again. Pure.
"""

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from lab.compose.etc_hosts import Known, known_on, rank
from lab.compose.subnets import Pool, Subnet, add, overlap

LABEL = "socket-lab.endpoints"
_MOST_HOSTS = 250  # in a /24


class Endpoint(NamedTuple):
    """A host's place on a network; an address is "" where the engine is to choose it."""

    network: str
    aliases: tuple[str, ...]
    ipv4: str = ""
    ipv6: str = ""


def assign(
    topology: dict[str, Any],
    order: Sequence[str],
    free: Iterable[ipaddress.IPv4Network],
    service_of: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Give every network of the lab a subnet, every host fixed addresses, its label and all names.

    `topology` is as `docker compose config` prints it, with a service for each host; `service_of`
    has the names that replicas share. Addresses go to the hosts in this order.
    ValueError when the file's addresses make no sense.
    """
    services: dict[str, Any] = topology["services"]
    names = sorted(services, key=lambda name: order.index(name) if name in order else len(order))
    endpoints: dict[str, list[Endpoint]] = {name: [] for name in names}
    _assign_subnets(topology, free)
    settings = {entry["name"]: entry for entry in (topology.get("networks") or {}).values()}
    for key, network in (topology.get("networks") or {}).items():
        joined = [name for name in names if key in _members(services[name])]
        try:
            members = {name: _members(services[name])[key] or {} for name in joined}
            pools = _pools(network, members)
            for name in joined:
                endpoint = _endpoint(name, services[name], key, network["name"], pools)
                if shared := service_of.get(name):
                    endpoint = endpoint._replace(aliases=(name, shared, *endpoint.aliases[1:]))
                    # Compose gives the name of the host itself.
                    services[name]["networks"][key]["aliases"] = [*endpoint.aliases[1:]]
                endpoints[name].append(endpoint)
        except ValueError as error:
            raise ValueError(f"networks.{key}: {error}") from error
    known = _known(services, endpoints, settings)
    for name in names:
        service = services[name]
        service["labels"] = {**(service.get("labels") or {}), LABEL: json.dumps(endpoints[name])}
        if lines := list(_hosts_file(name, service, endpoints[name], known)):
            service["extra_hosts"] = [*(service.get("extra_hosts") or ()), *lines]


def read(labels: Mapping[str, str]) -> dict[str, Endpoint]:
    """Return a container's endpoints from its label, by network; none if it has no such label."""
    entries = json.loads(labels.get(LABEL, "[]"))
    found = (Endpoint(network, tuple(aliases), *rest) for network, aliases, *rest in entries)
    return {endpoint.network: endpoint for endpoint in found}


def from_docker(network: str, endpoint: Mapping[str, Any]) -> Endpoint:
    """Return the endpoint that Docker has of a container, of its attributes."""
    aliases = tuple(endpoint.get("Aliases") or ())
    return Endpoint(network, aliases, endpoint["IPAddress"], endpoint["GlobalIPv6Address"])


def _known(
    services: Mapping[str, Any],
    endpoints: Mapping[str, Sequence[Endpoint]],
    networks: Mapping[str, Any],
) -> dict[str, list[tuple[str, Known]]]:
    """Return who is on each network, by the name of the service; the first network first."""
    order = sorted(networks, key=lambda network: rank(network, networks[network]))
    found: dict[str, list[tuple[str, Known]]] = {network: [] for network in order}
    for name, of_host in endpoints.items():
        for endpoint in of_host:
            addresses = tuple(filter(None, (endpoint.ipv6, endpoint.ipv4)))
            names = (*endpoint.aliases, services[name].get("hostname", name))
            found[endpoint.network].append((name, Known(addresses, names)))
    return found


def _hosts_file(
    name: str,
    service: Mapping[str, Any],
    endpoints: Sequence[Endpoint],
    known: Mapping[str, Sequence[tuple[str, Known]]],
) -> Iterator[str]:
    """Yield NAME=ADDRESS for all that is on a network of this host.

    Docker's name server forgets a host that is killed or disconnected; machines do not.
    """
    joined = {endpoint.network for endpoint in endpoints}
    ours = [host for of_network in known.values() for one, host in of_network if one == name]
    others = {
        network: [host for other, host in of_network if other != name]
        for network, of_network in known.items()
        if network in joined
    }
    lines = list(known_on(list(others), others))
    # An address is called what the first line says, and Docker's own, with the host name, is last.
    shared = {one for _, names in lines for one in names}
    all_own = service.get("hostname", name) == name
    for host in ours:
        names = [one for one in host.names if all_own or one in shared]
        lines += [(address, names) for address in host.addresses]
    # What the file itself has, counts.
    own = {entry.partition("=")[0] for entry in service.get("extra_hosts") or ()}
    own.add(service.get("hostname", ""))
    for address, names in lines:
        yield from (f"{one}={address}" for one in dict.fromkeys(names) if one not in own)


def _members(service: Mapping[str, Any]) -> dict[str, Any]:
    return service.get("networks") or {}


def _is_ours(network: Mapping[str, Any]) -> bool:
    """Tell whether its addresses are the lab's to give."""
    ipam = network.get("ipam") or {}
    plain = not ipam.get("driver") and not any("ip_range" in c for c in ipam.get("config") or [])
    return plain and network.get("driver", "bridge") == "bridge" and not network.get("external")


def _assign_subnets(topology: dict[str, Any], free: Iterable[ipaddress.IPv4Network]) -> None:
    """Docker gives fixed addresses only on networks whose subnet is given, too."""
    if len(topology["services"]) > _MOST_HOSTS:
        return
    networks = list((topology.get("networks") or {}).values())
    taken = [subnet for network in networks for subnet in _subnets(network)]
    left = (subnet for subnet in free if not any(overlap(subnet, other) for other in taken))
    for network in networks:
        if _is_ours(network) and not any(subnet.version == 4 for subnet in _subnets(network)):
            ipam = network["ipam"] = dict(network.get("ipam") or {})
            ipam["config"] = [*(ipam.get("config") or []), {"subnet": str(next(left))}]


def _subnets(network: Mapping[str, Any]) -> Iterator[Subnet]:
    for config in (network.get("ipam") or {}).get("config") or []:
        if "subnet" in config:
            yield ipaddress.ip_network(config["subnet"])


def _pools(network: Mapping[str, Any], members: Mapping[str, Mapping[str, Any]]) -> dict[str, Pool]:
    """Return a pool for `ipv4_address` and one for `ipv6_address`, where the network has them.

    What the members ask for is given already.
    """
    if not _is_ours(network):
        return {}
    found: dict[int, Pool] = {}
    for config in (network.get("ipam") or {}).get("config") or []:
        add(found, config)
    pools = {f"ipv{version}_address": pool for version, pool in found.items()}
    for name, member in members.items():
        for key, pool in pools.items():
            if member.get(key):
                pool.fix(member[key], name)
    return pools if "ipv4_address" in pools else {}


def _endpoint(
    name: str, service: dict[str, Any], key: str, network: str, pools: Mapping[str, Pool]
) -> Endpoint:
    member = service["networks"][key] = dict(_members(service)[key] or {})
    for address, pool in pools.items():
        member[address] = member.get(address) or pool.take().partition("/")[0]
    aliases = (name, *(member.get("aliases") or ()))
    return Endpoint(
        network, aliases, member.get("ipv4_address", ""), member.get("ipv6_address", "")
    )


def link_local(mac: str) -> str:
    """Return the address with the interface identifier of RFC 4291, appendix A."""
    octets = bytes.fromhex(mac.replace(":", ""))
    identifier = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + identifier))
