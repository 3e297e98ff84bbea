"""Who is on which network, with which addresses. Pure.

Which addresses there are is for `subnets`; what the hosts call each other, for `etc_hosts`.
"""

import re
from collections.abc import Mapping
from typing import Any

from lab.compose import subnets
from lab.compose.errors import at
from lab.compose.etc_hosts import rank
from lab.compose.model import Interface, Network
from lab.compose.subnets import Pool
from lab.errors import LocatedError

_HARDWARE = re.compile(r"[\da-f]{2}([:-])(?:[\da-f]{2}\1){4}[\da-f]{2}", re.ASCII | re.IGNORECASE)


class Networks:
    """The networks of a compose file that somebody is on, shared out among its services.

    LocatedError when they cannot be.
    """

    def __init__(
        self, networks: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._services = services
        defined = {key: entry or {} for key, entry in networks.items()}
        defined.setdefault("default", {})
        joined = {key: _of_service(key, entry) for key, entry in services.items()}
        self.members = {
            network: {key: of[network] for key, of in joined.items() if network in of}
            for network in defined
        }
        self.settings = {network: defined[network] for network in defined if self.members[network]}
        for network, settings in self.settings.items():
            _check_kind(network, settings)
        self.interfaces: dict[str, list[Interface]] = {key: [] for key in services}
        found = subnets.of_networks(self.settings)
        for network in self.settings:
            self._share_out(network, found[network])
        self.made = tuple(
            Network(network, tuple(pool.router for pool in pools.values() if pool.router))
            for network, pools in found.items()
        )
        for interfaces in self.interfaces.values():
            interfaces.sort(key=lambda one: rank(one.network, self.settings[one.network]))
            for first in interfaces[:1]:  # that leads outside, as with Docker
                pools = found[first.network].values()
                next_hops = tuple(pool.next_hop for pool in pools if pool.next_hop)
                interfaces[0] = first._replace(next_hops=next_hops)

    def _share_out(self, network: str, by_version: Mapping[int, Pool]) -> None:
        """Give every member its addresses: fixed ones first, then the lowest in file order."""
        members = self.members[network]
        given: dict[str, dict[int, str]] = {key: {} for key in members}
        for key, member in members.items():
            for version in (4, 6):
                if wanted := member.get(f"ipv{version}_address"):
                    with at("services", key, "networks", network, f"ipv{version}_address"):
                        pool = self._asked(network, by_version.get(version))
                        given[key][version] = pool.fix(wanted, key)
        for key, ours in given.items():
            with at("networks", network):
                for version, pool in by_version.items():
                    ours[version] = ours.get(version) or pool.take()
            interface = Interface(
                network, ours.get(4, ""), ours.get(6, ""), self._hardware(key, network)
            )
            self.interfaces[key].append(interface)

    def _asked(self, network: str, pool: Pool | None) -> Pool:
        """Return a pool that hosts may ask an address of."""
        if pool is None:
            text = f"network {network} has no IPv6; give it enable_ipv6: true and a subnet"
            raise ValueError(text)
        if subnets.is_default(self.settings[network], pool):
            text = f"network {network} names no such subnet; add one below its ipam.config"
            raise ValueError(text)
        return pool

    def _hardware(self, key: str, network: str) -> str:
        """Return the hardware address that the file gives, "" for none."""
        where = {of: member[key] for of, member in self.members.items() if key in member}
        first = min(where, key=lambda of: (-where[of].get("priority", 0), of))
        asked = self._services[key].get("mac_address", "") if network == first else ""
        if own := where[network].get("mac_address", ""):
            with at("services", key, "networks", network, "mac_address"):
                if asked and asked != own:
                    text = f"it is not the service's own mac_address, {asked}; keep one"
                    raise ValueError(text)
                return _hardware_address(own)
        with at("services", key, "mac_address"):
            return _hardware_address(asked) if asked else ""


def _of_service(key: str, service: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the networks of a service, each with its settings."""
    mode = service.get("network_mode")
    if mode == "none":
        return {}
    if mode is not None:
        text = f"network_mode {mode}: not on this engine; --engine compose"
        raise LocatedError(("services", key, "network_mode"), text)
    wanted = service.get("networks") or ["default"]
    settings = dict.fromkeys(wanted) if isinstance(wanted, list) else wanted
    return {network: entry or {} for network, entry in settings.items()}


def _check_kind(network: str, settings: Mapping[str, Any]) -> None:
    """Refuse what is not a bridge of the lab's own."""
    driver, own = settings.get("driver"), settings.get("ipam") or {}
    if settings.get("external"):
        with at("networks", network, "external"):
            text = "a network from outside the lab is not for this engine; use --engine compose"
            raise ValueError(text)
    if driver not in {None, "", "bridge"}:
        with at("networks", network, "driver"):
            text = f"{driver} is not for this engine, bridge is; or use --engine compose"
            raise ValueError(text)
    if own.get("driver", "default") != "default":
        with at("networks", network, "ipam", "driver"):
            text = f"{own['driver']} is not for this engine; use --engine compose"
            raise ValueError(text)


def _hardware_address(text: str) -> str:
    """Return a hardware address with colons; ValueError when it is none that a host can have."""
    address = text.replace("-", ":").lower()
    if not _HARDWARE.fullmatch(text):
        text = f"{text!r} is no hardware address, such as 02:42:c6:12:00:02"
        raise ValueError(text)
    if int(address[:2], 16) % 2 or address == "00:00:00:00:00:00":
        text = f"{address} is no single host's address: the first byte must be even, and not all 0"
        raise ValueError(text)
    return address
