"""Which keys of a compose file this engine does not know: each is named, none is ignored. Pure.

What it cannot do and a lab makes no sense without is refused where it is read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lab.compose import extra_hosts, limits, tables
from lab.engines.namespaces.plan import secrets

_TOP_LEVEL = {"name", "version", "services", "networks", "volumes", "secrets", "configs"}
# Without effect here, or true anyway: programs have no rights and the files are read-only.
_WITHOUT_EFFECT = {
    *("build", "pull_policy", "init", "read_only"),
    *("security_opt", "expose", "platform", "annotations"),
}
# With these an entry point of an image gives up the others, as every program here has.
_RIGHTS_TO_DROP = {"SETUID", "SETGID"}
# Of `security_opt`: every program has the lab's own filter of system calls, and no new privileges.
_NOT_TO_BE_HAD = ("seccomp:", "no-new-privileges:false")
# Of `deploy`: what Compose itself leaves to Docker Swarm.
_OF_SWARM = {
    *("mode", "endpoint_mode", "labels", "placement", "update_config", "rollback_config"),
}
# No program here has one, or an input.
_TERMINAL = ("stdin_open", "tty")
_NETWORK = {*tables.NETWORK, "labels", "name", "attachable"}
_VOLUME = {*tables.VOLUME, "labels", "name"}
_GRANT = {*tables.GRANT, "labels", "name"}
_IPAM = {*tables.IPAM, "config"}
_NEEDED = {*tables.NEEDED} - {"restart"}
_MOUNT = {*tables.MOUNT, "consistency"}
# Of a mount's own parts; Docker fills a volume from the image, of which there is none here.
_OF_MOUNTS = {
    "tmpfs": {*tables.TMPFS},
    "volume": {"nocopy", "labels"},
    "bind": {"selinux"},
}
_CONSISTENCIES = {"consistent", "cached", "delegated"}
# The options of a volume in the short form: what they ask for is so, or there is none of it here.
_OPTIONS = {"", "ro", "rw", "z", "Z", "nocopy", "volume-nocopy", *_CONSISTENCIES}


def unknown(file: Mapping[str, Any], services: Mapping[str, Any]) -> list[str]:
    """Return a text for each unsupported key, with all the places that have it."""
    found: dict[str, list[str]] = {}
    for key, place in _keys(file, services):
        if not key.rpartition(".")[2].startswith("x-"):
            found.setdefault(key, []).append(place)
    return [f"not on this engine: {key} ({', '.join(of)})" for key, of in found.items()]


def _keys(file: Mapping[str, Any], services: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in _others(file, _TOP_LEVEL):
        yield key, "the file"
    most = limits.of_this_machine()
    for name, service in services.items():
        asked = limits.of_service(name, service)
        every = (_of_service(service), secrets.ignored(service, file), _of_limits(asked, most))
        yield from ((key, name) for of in every for key in of)
    parts = {"networks": _NETWORK, "volumes": _VOLUME, "secrets": _GRANT, "configs": _GRANT}
    for kind, understood in parts.items():
        for name, entry in (file.get(kind) or {}).items():
            for key in _others(entry, understood):
                yield key, f"{kind}.{name}"
            for key in _of_ipam(entry or {}) if kind == "networks" else ():
                yield key, f"{kind}.{name}"


def _of_limits(asked: limits.Limits, most: Mapping[str, int]) -> Iterator[str]:
    for name, of in limits.allowed(asked, most).items():
        if of != asked[name]:
            yield f"ulimits.{name} of more than {most[name]}, as this machine allows no more"


def _of_service(service: Mapping[str, Any]) -> Iterator[str]:
    yield from _others(service, {*tables.SERVICE, *_WITHOUT_EFFECT})
    yield from (key for key in _TERMINAL if service.get(key))
    rights = {right.upper().removeprefix("CAP_") for right in service.get("cap_add") or ()}
    for right in sorted(rights - _RIGHTS_TO_DROP):
        yield f"cap_add {right}"
    for option in map(str, service.get("security_opt") or ()):
        if option.replace("=", ":").startswith(_NOT_TO_BE_HAD):
            yield f"security_opt {option}"
    if extra_hosts.has_gateway(service):
        yield f"{extra_hosts.GATEWAY} in extra_hosts, as no host can reach this machine"
    for key in _others(service.get("deploy"), {*tables.DEPLOY, *_OF_SWARM}):
        yield f"deploy.{key}"
    for key in _others(service.get("healthcheck"), {*tables.HEALTH}):
        yield f"healthcheck.{key}"
    yield from _of_entries(service)
    for mount in service.get("volumes") or ():
        for key in _of_mount(mount):
            yield f"volumes{key}"


def _of_entries(service: Mapping[str, Any]) -> Iterator[str]:
    for part, known in (("networks", {*tables.MEMBER}), ("depends_on", _NEEDED)):
        entries = service.get(part)
        for entry in entries.values() if isinstance(entries, dict) else ():
            for key in _others(entry, known):
                if entry[key] is not False:
                    yield f"{part}.{key}"


def _of_mount(mount: Mapping[str, Any] | str) -> Iterator[str]:
    if isinstance(mount, str):
        *_, options = ["", *mount.split(":")[2:]]
        for word in options.split(","):
            if word not in _OPTIONS:
                yield f" option {word}"
        return
    for key in _others(mount, _MOUNT):
        yield f".{key}"
    for part, known in _OF_MOUNTS.items():
        for key in _others(mount.get(part), known):
            if mount[part][key] is not False:
                yield f".{part}.{key}"


def _of_ipam(network: Mapping[str, Any]) -> Iterator[str]:
    if _is_without_ipv6(network):
        yield "an IPv6 subnet without enable_ipv6"
    ipam = network.get("ipam") or {}
    for key in _others(ipam, _IPAM):
        yield f"ipam.{key}"
    for config in ipam.get("config") or ():
        for key in _others(config, {*tables.SUBNET}):
            yield f"ipam.config.{key}"


def _others(entry: Mapping[str, Any] | None, known: set[str]) -> list[str]:
    return sorted(set(map(str, entry or {})) - known)


def _is_without_ipv6(network: Mapping[str, Any]) -> bool:
    configs = (network.get("ipam") or {}).get("config") or []
    return not network.get("enable_ipv6") and any(":" in c.get("subnet", "") for c in configs)
