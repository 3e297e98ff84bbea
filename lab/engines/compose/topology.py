"""Reads a compose file as Compose itself understands it, and marks everything in it as a lab's."""

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lab.compose import replicas
from lab.compose import yaml as compose_yaml
from lab.compose.errors import PlaceError
from lab.engines.compose import images, plugs
from lab.engines.compose.command import compose
from lab.engines.compose.sweep import LABEL, SERVICE_LABEL, TOPOLOGY_LABEL
from lab.errors import EngineError, TopologyError

# "services.client Additional property comand is not allowed", "services.client.mem_limit must be"
_CULPRIT = re.compile(r"\b((?:services|networks|volumes)\.[\w.-]+)(?: Additional property (\S+))?")

# Its place lacks the service: "services.scale: can't set container_name and app as ..."
_NAMED_REPLICAS = re.compile(r"can't set container_name and (\S+) as container name must be unique")


def read(
    path: Path,
    name: str,
    environment: Mapping[str, str],
    free: Iterable[ipaddress.IPv4Network],
) -> dict[str, Any]:
    """Return the compose file, checked and normalised by Compose, labelled as the lab `name`.

    `free` are subnets for the networks that have none of their own.
    TopologyError begins with PATH or PATH:LINE. EngineError when there is no Compose.
    """
    root = compose_yaml.parse(path)
    try:
        text = compose(
            name, ["--file", str(path), "config", "--format", "json"], environment=environment
        )
    except EngineError as error:
        if error.exit_status is None or "(no Compose plug-in" in str(error):
            raise
        raise TopologyError(_with_line(path, root, str(error))) from error
    topology: dict[str, Any] = json.loads(text)
    if not topology.get("services"):
        text = f"{path}: it has no services, so no hosts"
        raise TopologyError(text)
    images.settle(topology, images.project(path, root))
    try:
        order = _order(root)
        service_of = _expand(topology, name, order)
        _label(topology, {LABEL: name, TOPOLOGY_LABEL: str(path.resolve())})
        plugs.settle(topology, list(topology["services"]), free, service_of)
    except PlaceError as error:
        line = compose_yaml.line_of(root, error.keys)
        raise TopologyError(f"{path}:{line}: {error}") from error
    except ValueError as error:
        raise TopologyError(_with_line(path, root, str(error))) from error
    return topology


def _expand(topology: dict[str, Any], lab: str, order: Sequence[str]) -> Mapping[str, str]:
    """Make a service of each replica, in the order of the file; return which service each is of.

    Compose could give replicas no fixed addresses, and what it gives them may be another host's.
    PlaceError when there is no host, or one that cannot be.
    """
    services = topology["services"]
    there = sorted(services, key=lambda one: order.index(one) if one in order else len(order))
    expanded = replicas.expand({one: services[one] for one in there})
    for host, service in expanded.service_of.items():
        entry = expanded.services[host]
        entry["container_name"] = f"{lab}-{host}"  # as Compose calls it
        entry["labels"] = {**(entry.get("labels") or {}), SERVICE_LABEL: service}
    topology["services"] = expanded.services
    return expanded.service_of


def _order(root: yaml.Node | None) -> list[str]:
    """Return the services in the order of the file, which Compose does not keep."""
    services = [value for key, value in root.value if key.value == "services"] if root else []
    return [key.value for entry in services for key, _ in entry.value]


def _with_line(path: Path, root: yaml.Node | None, said: str) -> str:
    """Put PATH:LINE before what Compose said, if it named the place."""
    said = said.removeprefix("docker compose: ")
    said = said.removeprefix(f"validating {path.resolve()}: ").replace(f"{path.resolve()}: ", "")
    if named := _NAMED_REPLICAS.search(said):
        said = f"services.{named[1]}.container_name: {replicas.NOT_FOR_SEVERAL}"
    found = _CULPRIT.search(said)
    if not found or root is None:
        return f"{path}: {said}"
    keys = found.group(1).split(".") + ([found.group(2)] if found.group(2) else [])
    return f"{path}:{compose_yaml.line_of(root, keys)}: {said}"


def _label(topology: dict[str, Any], labels: Mapping[str, str]) -> None:
    """Label what the lab makes, so that it can be found and removed; not what is external."""
    services: dict[str, Any] = topology["services"]
    made = list(services.values())
    for kind in ("networks", "volumes"):
        entries = topology.get(kind) or {}
        for key in entries:
            entries[key] = entries[key] or {}
        made += [entry for entry in entries.values() if not entry.get("external")]
    for entry in made:
        entry["labels"] = {**(entry.get("labels") or {}), **labels}
