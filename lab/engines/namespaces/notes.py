"""Which keys of a compose file this engine does not know: each is named, none is ignored. Pure.

What it cannot do and a lab makes no sense without is refused where it is read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_TOP_LEVEL = {"name", "version", "services", "networks", "volumes"}
_UNDERSTOOD = {
    *("command", "entrypoint", "environment", "healthcheck", "depends_on", "networks", "volumes"),
    *("tmpfs", "labels", "dns", "dns_opt", "sysctls", "hostname", "stop_grace_period", "image"),
    *("network_mode", "profiles", "container_name", "mac_address"),
}
# Without effect here, or true anyway: programs have no rights and the files are read-only.
_WITHOUT_EFFECT = {
    *("build", "pull_policy", "init", "read_only", "cap_drop", "cap_add"),
    *("security_opt", "expose", "stdin_open", "tty", "platform", "annotations"),
}
_HEALTH = {
    *("test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"),
}
# Docker does not go by the priority either, but for the hardware address.
_MEMBER = {"ipv4_address", "ipv6_address", "mac_address", "aliases", "priority"}
_NETWORK = {
    *("driver", "external", "ipam", "enable_ipv6", "internal", "labels", "name", "attachable"),
}
_VOLUME = {"driver", "external", "labels", "name"}


def unknown(file: Mapping[str, Any], services: Mapping[str, Any]) -> list[str]:
    """Return a note for each key, with all the places that have it."""
    found: dict[str, list[str]] = {}
    for key, place in _keys(file, services):
        if not key.rpartition(".")[2].startswith("x-"):
            found.setdefault(key, []).append(place)
    return [f"not on this engine: {key} ({', '.join(of)})" for key, of in found.items()]


def _keys(file: Mapping[str, Any], services: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in _others(file, _TOP_LEVEL):
        yield key, "the file"
    for name, service in services.items():
        for key in _of_service(service):
            yield key, name
    for kind, understood in (("networks", _NETWORK), ("volumes", _VOLUME)):
        for name, entry in (file.get(kind) or {}).items():
            for key in _others(entry, understood):
                yield key, f"{kind}.{name}"
            if kind == "networks" and _is_without_ipv6(entry or {}):
                yield "an IPv6 subnet without enable_ipv6", f"{kind}.{name}"


def _of_service(service: Mapping[str, Any]) -> Iterator[str]:
    yield from _others(service, _UNDERSTOOD | _WITHOUT_EFFECT)
    for key in _others(service.get("healthcheck"), _HEALTH):
        yield f"healthcheck.{key}"
    members = service.get("networks")
    for member in members.values() if isinstance(members, dict) else ():
        for key in _others(member, _MEMBER):
            yield f"networks.{key}"
    for mount in service.get("volumes") or ():
        if isinstance(mount, dict) and (mount.get("volume") or {}).get("subpath"):
            yield "volumes.volume.subpath"


def _others(entry: Mapping[str, Any] | None, known: set[str]) -> list[str]:
    return sorted(set(map(str, entry or {})) - known)


def _is_without_ipv6(network: Mapping[str, Any]) -> bool:
    configs = (network.get("ipam") or {}).get("config") or []
    return not network.get("enable_ipv6") and any(":" in c.get("subnet", "") for c in configs)
