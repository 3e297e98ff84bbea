"""Removes everything that carries a lab's label, through the Docker SDK. Touches nothing else."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from docker import DockerClient
from docker.errors import APIError, DockerException
from docker.models.containers import Container
from docker.models.networks import Network
from docker.models.volumes import Volume

from lab.engines.compose import docker_client

LABEL = "socket-lab.name"
TOPOLOGY_LABEL = "socket-lab.topology"
# Of a host that is a replica: the service that it is of.
SERVICE_LABEL = "socket-lab.service"
# Of a container of ours, which is no host: the name of the host that it belongs to.
AGENT_LABEL = "socket-lab.agent"
# Of a container that makes socket calls on a host, besides: the id of the host's container.
CALL_SERVER_LABEL = "socket-lab.call-server"


def remove_everything(name: str) -> int:
    """Remove what the lab `name` has; return how many things were there.

    What cannot be removed yet (a network in use, a container being removed) is left for the next
    call: call it until it returns 0. So it does when no Docker Engine answers: what one has is
    beyond reach then.
    """
    with _client() as client:
        if client is None:
            return 0
        containers = _remove_containers(client, name)
        networks: list[Network] = client.networks.list(filters=_filters(name))
        volumes: list[Volume] = client.volumes.list(filters=_filters(name))
        for network in networks:
            with contextlib.suppress(APIError):
                network.remove()
        for volume in volumes:
            with contextlib.suppress(APIError):
                volume.remove(force=True)
        return containers + len(networks) + len(volumes)


def leftover_names(client: DockerClient) -> set[str]:
    """Return the names of labs of which there is a network or a volume.

    There may be no more of one: its removal was killed.
    """
    labelled: dict[str, str | list[str] | bool] = {"label": LABEL}
    things = [
        *client.networks.list(filters=labelled),
        *client.volumes.list(filters=labelled),
    ]
    return {labels[LABEL] for thing in things if LABEL in (labels := thing.attrs["Labels"] or {})}


def remove_containers(name: str) -> int:
    """Remove the lab's containers alone, in the same way."""
    with _client() as client:
        return _remove_containers(client, name) if client else 0


@contextlib.contextmanager
def _client() -> Iterator[DockerClient | None]:
    try:
        client = docker_client.connect()
    except DockerException:
        yield None
        return
    try:
        yield client
    finally:
        client.close()


def _filters(name: str) -> dict[str, str | list[str] | bool]:
    return {"label": f"{LABEL}={name}"}


def _remove_containers(client: DockerClient, name: str) -> int:
    containers = client.containers.list(all=True, filters=_filters(name), ignore_removed=True)
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(_remove_container, containers))
    return len(containers)


def _remove_container(container: Container) -> None:
    with contextlib.suppress(APIError):
        container.remove(force=True, v=True)
