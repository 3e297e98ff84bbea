"""What Compose refuses of a file whose keys and types are right: on every engine. Pure.

Names that nothing in the file has, services that wait for each other in a circle, and values that
are none. What one engine alone refuses is for that engine.
"""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lab.compose import extra_hosts, limits, sources, values
from lab.compose.errors import at
from lab.errors import LocatedError

# What the source of a volume in the short form begins with when it is a path.
PATH_STARTS = (".", "~", "/")


def check(file: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise LocatedError for the first thing that cannot be.

    `services` are the hosts: those of the file that are asked for, one for each replica.
    """
    sources.check(file)
    for key, service in services.items():
        _check_values(key, service)
        _check_networks(key, service, file.get("networks") or {})
        _check_volumes(key, service, file.get("volumes") or {})
        _check_grants(key, service, file)
    _check_order(services)


def _check_values(key: str, service: Mapping[str, Any]) -> None:
    here = ("services", key)
    if not any(service.get(what) for what in ("image", "build", "provider")):
        text = f"services.{key} needs an image, or a build to make one"
        raise LocatedError(here, text)
    health = service.get("healthcheck") or {}
    with at(*here, "healthcheck", "retries"):
        values.retries(health)
    with at(*here, "healthcheck"):
        values.health(health)
    with at(*here, "stop_grace_period"):
        values.seconds(service.get("stop_grace_period"), 0.0)
    with at(*here, "stop_signal"):
        values.stop_signal(service.get("stop_signal"))
    with at(*here):
        values.depends_on(service.get("depends_on") or {}, ())
    limits.of_service(key, service)
    extra_hosts.lines(key, service)


def _check_networks(key: str, service: Mapping[str, Any], defined: Mapping[str, Any]) -> None:
    if (mode := service.get("network_mode")) and service.get("networks"):
        text = f"services.{key}: network_mode {mode} leaves no room for networks; keep one of them"
        raise LocatedError(("services", key, "network_mode"), text)
    for network in service.get("networks") or ():
        if network not in {*defined, "default"}:
            text = f"services.{key}: network {network} is not defined; add it below networks"
            raise LocatedError(("services", key, "networks", network), text)


def _check_volumes(key: str, service: Mapping[str, Any], defined: Mapping[str, Any]) -> None:
    for number, entry in enumerate(service.get("volumes") or ()):
        name = _volume(entry)
        if name and name not in defined:
            with at("services", key, "volumes", number):
                text = f"volume {name} is not defined; add it below volumes"
                raise ValueError(text)


def _volume(entry: Mapping[str, Any] | str) -> str:
    """Return the name of the volume that an entry of `volumes` names; "" where it names none."""
    if isinstance(entry, str):
        source = entry.partition(":")[0] if ":" in entry else ""
        return "" if source.startswith(PATH_STARTS) else source
    return str(entry.get("source") or "") if entry.get("type") == "volume" else ""


def _check_grants(key: str, service: Mapping[str, Any], file: Mapping[str, Any]) -> None:
    for kind in sources.KINDS:
        for number, entry in enumerate(service.get(kind) or ()):
            name = entry["source"] if isinstance(entry, Mapping) else entry
            if name not in (file.get(kind) or {}):
                with at("services", key, kind, number):
                    text = f"{kind[:-1]} {name} is not defined; add it below {kind}"
                    raise ValueError(text)


def _check_order(services: Mapping[str, Mapping[str, Any]]) -> None:
    needs = {
        key: values.depends_on(service.get("depends_on") or {}, services)
        for key, service in services.items()
    }
    for key, needed in needs.items():
        for other in needed:
            if other not in services:
                text = f"services.{key}: depends on {other}, which is not there"
                raise LocatedError(("services", key, "depends_on", other), text)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise LocatedError(("services",), f"depends_on goes in a circle: {circle}") from error
