"""Who is on which network, with which addresses and under which names. Pure."""

from collections.abc import Mapping
from typing import Any

from lab.engines.namespaces.addresses import Pool, reserved, subnets
from lab.engines.namespaces.shape import PlaceError
from lab.engines.namespaces.spec import Interface


class Networks:
    """The networks of a compose file, shared out among its services.

    PlaceError when they cannot be.
    """

    def __init__(self, networks: Mapping[str, Any], services: Mapping[str, Any]) -> None:
        self._networks: dict[str, Any] = {key: entry or {} for key, entry in networks.items()}
        self._host_names = {
            key: str((service or {}).get("hostname", key)) for key, service in services.items()
        }
        joined = {key: self._of_service(key, entry or {}) for key, entry in services.items()}
        self.interfaces: dict[str, list[Interface]] = {key: [] for key in services}
        self._aliases: dict[str, list[str]] = {key: [] for key in services}
        for number, network in enumerate(self._networks):
            members = {key: of[network] for key, of in joined.items() if network in of}
            try:
                self._share_out(number, network, members)
            except ValueError as error:
                raise PlaceError(["networks", network], f"networks.{network}: {error}") from error

    @property
    def names(self) -> tuple[str, ...]:
        """The networks' names, in the order of the file."""
        return tuple(self._networks)

    def _of_service(self, key: str, service: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the networks of a service, each with its settings."""
        mode = service.get("network_mode")
        if mode == "none":
            return {}
        if mode is not None:
            text = f"network_mode {mode}: not on this engine; --engine compose"
            raise PlaceError(["services", key, "network_mode"], text)
        wanted = service.get("networks") or ["default"]
        settings = dict.fromkeys(wanted) if isinstance(wanted, list) else wanted
        for network in settings:
            if network == "default":
                self._networks.setdefault(network, {})
            elif network not in self._networks:
                text = f"services.{key}: network {network} is not defined"
                raise PlaceError(["services", key, "networks"], text)
        return {network: entry or {} for network, entry in settings.items()}

    def _share_out(self, number: int, network: str, members: Mapping[str, dict[str, Any]]) -> None:
        """Give every member its addresses: fixed ones first, then the lowest in file order."""
        settings = self._networks[network]
        pools = {}
        for subnet in subnets(number, settings):
            version = f"ipv{subnet.version}"
            fixed = [member.get(f"{version}_address") for member in members.values()]
            wanted = [address for address in fixed if address]
            pools[version] = Pool(subnet, wanted, reserved(settings, subnet.version))
        for key, member in members.items():
            taken = {
                version: pool.take(member.get(f"{version}_address", ""))
                for version, pool in pools.items()
            }
            interface = Interface(network, taken.get("ipv4", ""), taken.get("ipv6", ""))
            self.interfaces[key].append(interface)
            self._aliases[key] += member.get("aliases") or []

    def hosts_file(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the lines of /etc/hosts: as Docker's name server says, IPv6 and IPv4."""
        lines = []
        for key, interfaces in self.interfaces.items():
            names = tuple(dict.fromkeys([key, self._host_names[key], *self._aliases[key]]))
            for interface in interfaces:
                found = [ip.partition("/")[0] for ip in (interface.ipv6, interface.ipv4) if ip]
                lines += [(address, names) for address in found]
        return tuple(lines)
