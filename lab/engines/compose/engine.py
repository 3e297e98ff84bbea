"""The engine `compose`: a lab is a compose project, a host is a container of it."""

import heapq
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from lab.api import trace_diagnostics
from lab.api.engine import Engine, EngineLab, Progress, shown_file
from lab.api.lab import Lab
from lab.api.outputs import STREAMS, Piece
from lab.compose import files as compose_files
from lab.compose import replicas
from lab.engines.compose import (
    address_pool,
    agent_image,
    call_servers,
    cleanup,
    diagnostics,
    docker_client,
    images,
    log,
    removal,
    restored,
    startup,
    topology,
)
from lab.engines.compose.compose_cli import compose
from lab.engines.compose.host import ContainerHost, asking, service_of
from lab.engines.compose.sweep import AGENT_LABEL, LABEL, TOPOLOGY_LABEL, leftover_names
from lab.errors import EngineError
from lab.model import ComposeFiles, Finding, HostStatus, LabStatus

_WAIT_S = 120
# More do not help: the file itself names addresses that another network has.
_TRIES = 5
_FILE_LABEL = "com.docker.compose.project.config_files"


class ComposeLab(EngineLab):
    """The containers of one lab."""

    has_partial_lines = False

    def __init__(self, name: str, client: DockerClient, containers: list[Container]) -> None:
        self.name = name
        self._client = client
        self._containers = {service_of(c): c for c in containers}
        hosts = (ContainerHost(client, container) for container in self._containers.values())
        ordered = sorted(hosts, key=lambda host: replicas.in_order(host.name, host.service))
        self.hosts = {host.name: host for host in ordered}

    def status(self) -> LabStatus:
        """Ask Docker, now; a container that is gone meanwhile counts as dead."""
        hosts = []
        for host in self.hosts.values():
            try:
                hosts.append(host.status())
            except EngineError:
                hosts.append(HostStatus(host.name, "dead", None, ()))
        labels = next((c.labels for c in self._containers.values()), {})
        file = shown_file(labels.get(TOPOLOGY_LABEL) or labels.get(_FILE_LABEL, ""))
        return LabStatus(self.name, ComposeEngine.name, file, tuple(hosts))

    def pieces(self, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
        """Read what Docker kept of the container's outputs."""
        with asking(host, "logs"):
            yield from log.pieces(self._client, self._containers[host], alone=alone, follow=follow)

    def reader(self, host: str) -> Callable[[], Iterator[Piece]]:
        """Read what Docker kept of each output, from where the last time ended."""
        entries = [log.Entries(self._containers[host], stream) for stream in STREAMS]

        def read() -> Iterator[Piece]:
            with asking(host, "logs"):
                yield from heapq.merge(*(one.new() for one in entries), key=attrgetter("time_ns"))

        return read

    def down(self, *, progress: Progress) -> None:
        """`docker compose down` in its order, then everything that carries the label."""
        doing = f"stopping {self.name}"
        progress(doing, "")
        try:
            with asking(self.name, "down"):
                for container in self._containers.values():
                    call_servers.remove(self._client, container)
            try:
                self._compose_down(doing, progress)
            except EngineError:
                # Docker may write of a container while it removes it, and fail ("directory not
                # empty", moby/moby#52161). That one can be removed then; so the order goes on.
                self._compose_down(doing, progress)
        finally:
            removal.remove_all(self.name)

    def _compose_down(self, doing: str, progress: Progress) -> None:
        compose(
            self.name,
            ["down", "--volumes", "--remove-orphans"],
            of_folder=False,
            on_line=lambda line: progress(doing, line),
        )


class ComposeEngine(Engine):
    """Docker Compose and a Docker Engine."""

    name = "compose"

    def findings(self) -> list[Finding]:
        """Ask the docker command; and if all is there, the kernel."""
        found = diagnostics.findings(Path.cwd())
        if not all(one.ok for one in found):
            return found
        wire = agent_image.findings()
        return [*found, *wire, trace_diagnostics.finding(), *diagnostics.bridged_packets()]

    def missing(self, error: EngineError) -> list[Finding]:
        """Ask; the base image counts for an error of a build alone: else the images are there."""
        found = super().missing(error)
        return (
            found
            if "build" in error.argv
            else [f for f in found if f.name != diagnostics.BASE_IMAGE]
        )

    def guarded(self, name: str) -> AbstractContextManager[None]:
        """See `cleanup`. EngineError when Docker does not answer: nothing is to be guarded then."""
        _connect().close()
        return cleanup.guarded(name)

    def up(self, files: ComposeFiles, name: str, *, build: bool, progress: Progress) -> Lab:
        """Read the file, then `docker compose up --wait` with what was read."""
        progress(f"reading {files.paths[0].name}", "")
        settings = compose_files.environment(files.paths[0].resolve().parent)
        for tries, addresses in enumerate(address_pool.environments(name), 1):
            free = address_pool.free_subnets(name)
            topo = topology.read(files, name, settings, addresses, free)
            named = restored.settings(topo, settings)
            try:
                self._compose_up(name, topo, named, build=build, progress=progress)
            except EngineError as error:
                if addresses and tries < _TRIES and "overlaps with other one" in error.stderr:
                    continue  # somebody took these addresses a moment ago
                with _client() as client:
                    raise startup.explained(error, _containers(client, name)) from error
            with _client() as client:
                startup.wait(_containers(client, name), topo["services"], _WAIT_S)
            return self._lab(name)
        text = f"lab {name}: all addresses of 198.18.0.0/15 are taken; set LAB_WIRE_IPV4"
        raise EngineError(text)

    def _compose_up(
        self,
        name: str,
        topo: dict[str, Any],
        settings: Mapping[str, str],
        *,
        build: bool,
        progress: Progress,
    ) -> None:
        if build:
            images.build(topo, progress)
        progress("starting hosts", "")
        waits = not restored.without_check(topo)
        compose(
            name,
            [
                *("--file", "-", "up", "--detach"),
                *(("--wait", "--wait-timeout", str(_WAIT_S)) if waits else ()),
            ],
            stdin=json.dumps(topo),
            environment=settings,
            makes=True,
            on_line=lambda line: progress("starting hosts", line),
        )

    def bare_image(self, progress: Progress) -> str:
        """Return the agent's: it has Python, and is there or can be made wherever Docker is."""
        if not agent_image.is_here():
            progress("building the image of bare hosts, once", "")
            agent_image.build(diagnostics.configured_base_image(Path.cwd()))
        return agent_image.tag()

    def labs(self, name: str | None = None) -> list[Lab]:
        """Find them by their label; what is left of one is one, too, so that it can be removed."""
        with _client() as client:
            names = {c.labels[LABEL] for c in _labelled(client)} | leftover_names(client)
        return [self._lab(known) for known in sorted(names) if name in {None, known}]

    def _lab(self, name: str) -> Lab:
        client = _connect()
        return Lab(ComposeLab(name, client, _containers(client, name)))


def _connect() -> DockerClient:
    try:
        return docker_client.connect()
    except DockerException as error:
        raise _no_engine(error) from error


def _no_engine(error: DockerException) -> EngineError:
    """Say in one line why Docker does not answer, and what to do."""
    missing = [found for found in diagnostics.findings(Path.cwd()) if not found.ok]
    if not missing:
        return EngineError(f"Docker: {error}")
    return EngineError(f"{missing[0].name}: {missing[0].seen}; {missing[0].remedy}")


@contextmanager
def _client() -> Iterator[DockerClient]:
    client = _connect()
    try:
        yield client
    except DockerException as error:
        raise _no_engine(error) from error
    finally:
        client.close()


def _labelled(client: DockerClient, name: str = "") -> list[Container]:
    label = f"{LABEL}={name}" if name else LABEL
    return list(client.containers.list(all=True, filters={"label": label}, ignore_removed=True))


def _containers(client: DockerClient, name: str) -> list[Container]:
    """Return those that are hosts: an agent is none."""
    return [c for c in _labelled(client, name) if AGENT_LABEL not in c.labels]
