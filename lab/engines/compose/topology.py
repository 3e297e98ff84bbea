"""Reads a compose file as Compose itself understands it, and marks everything in it as a lab's."""

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab.compose import files as compose_files
from lab.compose import loading, nodes, replicas, schema, sources, yaml
from lab.compose.document import Document
from lab.compose.nodes import Node
from lab.engines.compose import endpoints, images, restored
from lab.engines.compose.compose_cli import compose
from lab.engines.compose.sweep import LABEL, SERVICE_LABEL, TOPOLOGY_LABEL
from lab.errors import EngineError, LocatedError, TopologyError
from lab.model import ComposeFiles

# "services.client Additional property comand is not allowed", "services.client.mem_limit must be"
_CULPRIT = re.compile(
    r"\b((?:services|networks|volumes|configs|secrets)\.[\w.-]+)(?: Additional property (\S+))?"
)
_UNKNOWN_KEY = re.compile(r"\badditional propert", re.IGNORECASE)

# The service is missing in its place: "services.scale: can't set container_name and app as ..."
_NAMED_REPLICAS = re.compile(r"can't set container_name and (\S+) as container name must be unique")


def read(
    files: ComposeFiles,
    name: str,
    settings: Mapping[str, str],
    addresses: Mapping[str, str],
    free: Iterable[ipaddress.IPv4Network],
) -> dict[str, Any]:
    """Return the compose files as one, as Compose merges them, labelled as the lab `name`.

    `settings` are what variables are set to in the files' folder (`lab.compose.files`), `addresses`
    what the lab sets them to; `free` are subnets for the networks that have none of their own.
    TopologyError begins with PATH or PATH:LINE. EngineError when there is no Compose.
    """
    path = files.paths[0]
    trees = [nodes.of_file(one, yaml.parse(one)) for one in files.paths]
    known = {**settings, **addresses}
    options = [f"--file={one}" for one in files.paths]
    options += [f"--profile={one}" for one in files.profiles]
    stdin = yaml.standard_input() if yaml.STANDARD_INPUT in files.paths else ""
    try:
        argv = [*options, "config", "--format", "json"]
        text = compose(name, argv, stdin=stdin, environment=addresses)
    except EngineError as error:
        if error.exit_status is None or "(no Compose plug-in" in str(error):
            raise
        raise _refusal(files, name, known, trees, str(error)) from error
    whole = _whole(files, name, known)
    trees = trees if whole is None else [whole]
    topology: dict[str, Any] = json.loads(text)
    if not topology.get("services"):
        profiles = "; ask for a profile with --profile" if _services(trees) else ""
        text = f"{path}: it has no services, so no hosts{profiles}"
        raise TopologyError(text)
    for service in topology["services"].values():
        service.pop("profiles", None)  # Compose is not asked for them again
    restored.restore_limits(topology)
    named = [node.value for tree in trees if (node := tree.get("name"))]
    project = compose_files.project_name(path, named[-1] if named else None, settings)
    images.assign_names(topology, project)
    try:
        sources.check_used(topology, path.resolve().parent, known)
        order = _services(trees)
        service_of = _expand(topology, name, order)
        _label(topology, {LABEL: name, TOPOLOGY_LABEL: files.resolved()})
        endpoints.assign(topology, list(topology["services"]), free, service_of)
    except LocatedError as error:
        raise TopologyError(f"{_place(trees, error.keys)}: {error}") from error
    except ValueError as error:
        raise TopologyError(_with_line(trees, str(error))) from error
    return topology


def _expand(topology: dict[str, Any], lab: str, order: Sequence[str]) -> Mapping[str, str]:
    """Make a service of each replica, in the order of the file; return which service each is of.

    Compose could give replicas no fixed addresses, and what it gives them may be another host's.
    LocatedError when there is no host, or one that cannot be.
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


def _whole(files: ComposeFiles, name: str, known: Mapping[str, str]) -> Node | None:
    """Return the tree of the files, and of those they name; None if it cannot be made."""
    try:
        return loading.load(files.paths, {**known, "COMPOSE_PROJECT_NAME": name})
    except TopologyError:
        return None


def _refusal(
    files: ComposeFiles, name: str, known: Mapping[str, str], trees: Sequence[Node], text: str
) -> TopologyError:
    """Return why Compose refuses the files: in the lab's own words, where it would refuse them too.

    So that the same mistake reads the same on every engine, and in a scenario's check. Else in
    those of Compose.
    """
    try:
        Document(files, name, known).hosts()
    except TopologyError as error:
        return error
    whole = _whole(files, name, known)
    return TopologyError(_with_line(trees if whole is None else [whole], text))


def _services(trees: Sequence[Node]) -> list[str]:
    """Return the services in the order of the files, which Compose does not keep."""
    found = [services.value for tree in trees if (services := tree.get("services"))]
    return [str(key) for entries in found if isinstance(entries, dict) for key in entries]


def _place(trees: Sequence[Node], keys: Sequence[str | int]) -> str:
    """Return PATH:LINE of the deepest of the keys that is there, of the last file that has it."""
    node = _deepest(trees, keys)
    return f"{node.path}:{node.line}"


def _deepest(trees: Sequence[Node], keys: Sequence[str | int]) -> Node:
    for length in range(len(keys), 0, -1):
        for tree in reversed(trees):
            node: Node = tree.at(keys[:length])
            if node is not tree.at(keys[: length - 1]):
                return node
    return trees[0]


def _with_line(trees: Sequence[Node], text: str) -> str:
    """Put PATH:LINE before the text of an error of Compose, if it names the place."""
    text = text.removeprefix("docker compose: ")
    for tree in trees:
        path = tree.path.resolve()
        text = text.removeprefix(f"validating {path}: ").replace(f"{path}: ", "")
    if _UNKNOWN_KEY.search(text):
        try:
            for tree in trees:
                schema.check(tree.plain())
        except LocatedError as error:  # with what was perhaps meant
            return f"{_place(trees, error.keys)}: {error}"
    if named := _NAMED_REPLICAS.search(text):
        text = f"services.{named[1]}.container_name: {replicas.NOT_FOR_SEVERAL}"
    found = _CULPRIT.search(text)
    if not found:
        return f"{trees[0].path}: {text}"
    keys = found.group(1).split(".") + ([found.group(2)] if found.group(2) else [])
    return f"{_place(trees, keys)}: {text}"


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
