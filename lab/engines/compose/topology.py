"""Reads a compose file as Compose itself understands it, and marks everything in it as a lab's."""

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.compose import yaml as compose_yaml
from lab.engines.compose import images, plugs
from lab.engines.compose.command import compose
from lab.engines.compose.sweep import LABEL, TOPOLOGY_LABEL
from lab.errors import EngineError, TopologyError

# "services.client Additional property comand is not allowed", "services.client.mem_limit must be"
_CULPRIT = re.compile(r"\b((?:services|networks|volumes)\.[\w.-]+)(?: Additional property (\S+))?")


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
    _label(topology, {LABEL: name, TOPOLOGY_LABEL: str(path.resolve())})
    try:
        plugs.settle(topology, _order(root), free)
    except ValueError as error:
        raise TopologyError(_with_line(path, root, str(error))) from error
    return topology


def _order(root: yaml.Node | None) -> list[str]:
    """Return the services in the order of the file, which Compose does not keep."""
    services = [value for key, value in root.value if key.value == "services"] if root else []
    return [key.value for entry in services for key, _ in entry.value]


def _with_line(path: Path, root: yaml.Node | None, said: str) -> str:
    """Put PATH:LINE before what Compose said, if it named the place."""
    said = said.removeprefix("docker compose: ")
    said = said.removeprefix(f"validating {path.resolve()}: ").replace(f"{path.resolve()}: ", "")
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
