"""Reads the compose file for this engine: the same file, without Compose.

Here its parts are put together to a lab. What Compose refuses, `lab.compose` has refused. What this
engine cannot do is refused where the lab would make no sense without it (an image), and else named
as unsupported; nothing is ignored in silence.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.compose import etc_hosts, extra_hosts
from lab.compose.document import Document
from lab.compose.networks import Networks
from lab.compose.replicas import Expanded
from lab.compose.values import mapping
from lab.engines.namespaces.plan import service, unsupported, users, volumes
from lab.engines.namespaces.spec import HostSpec, LabSpec
from lab.errors import LocatedError, TopologyError
from lab.model import ComposeFiles


def read(files: ComposeFiles, name: str) -> tuple[LabSpec, list[str]]:
    """Return the lab, and a text for each thing of the file that is otherwise on this engine.

    TopologyError begins with PATH or PATH:LINE.
    """
    document = Document(files, name)
    expanded = document.hosts()
    with document.places(), expanded.places():
        lab = _lab(document, expanded, name)
        _check_health(lab.hosts)
    differences = unsupported.unknown(document.file, document.services())
    if why := users.unavailable(lab.hosts):
        differences.append(why)
        lab = lab._replace(hosts=tuple(host._replace(user=None) for host in lab.hosts))
    return lab, [
        *differences,
        *(f"{host.name}: {host.missing}" for host in lab.hosts if host.missing),
    ]


def located(error: LocatedError, files: ComposeFiles, name: str) -> TopologyError:
    """Return what is wrong at a place of the files, which were read before, with its line."""
    document = Document(files, name)
    error = document.hosts().located(error)
    *way, last = error.keys
    found: Any = document.file
    for key in way:
        found = found[key]
    if isinstance(found, list):  # of NAME=VALUE
        last = list(mapping(found)).index(str(last))
    try:
        with document.places():
            raise LocatedError((*way, last), str(error))
    except TopologyError as topology_error:
        return topology_error


def _lab(document: Document, expanded: Expanded, name: str) -> LabSpec:
    services, service_of = expanded
    defined = document.file.get("volumes") or {}
    networks = Networks(document.file.get("networks") or {}, services)
    files = etc_hosts.hosts_files(
        services,
        networks.members,
        networks.interfaces,
        service_of,
        {key: extra_hosts.lines(key, service) for key, service in services.items()},
    )
    hosts = tuple(
        service.host(
            key,
            entry,
            lab=name,
            folder=document.folder,
            settings=document.environment,
            file=document.file,
            others=services,
            service_of=service_of,
            interfaces=tuple(networks.interfaces[key]),
            hosts_files=files,
        )
        for key, entry in services.items()
    )
    hosts = volumes.numbered(hosts)
    volumes.check_defined(defined, {mount.source for host in hosts for mount in host.mounts})
    return LabSpec(
        name=name,
        topology=document.topology,
        folder=str(document.folder),
        networks=networks.made,
        hosts=hosts,
        hosts_files=files.texts,
        visible=_visible(document.folder),
    )


def _visible(folder: Path) -> tuple[str, ...]:
    """Return the folders that hosts must see even below /tmp or /run."""
    package = Path(__file__).parents[4]
    return tuple(sorted({str(folder), str(package), sys.prefix, sys.base_prefix}))


def _check_health(hosts: Sequence[HostSpec]) -> None:
    """Refuse to wait for a health check that there is none of: no image here brings one along."""
    by_name = {host.name: host for host in hosts}
    for host in hosts:
        for needed, condition in host.depends_on.items():
            other = by_name[needed]
            if condition == "service_healthy" and other.argv and not other.health:
                text = f"services.{host.name}: {needed} has no healthcheck to wait for"
                raise LocatedError(("services", host.name, "depends_on", needed), text)
