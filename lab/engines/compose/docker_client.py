"""This program's connection to the Docker Engine."""

import docker
from docker import DockerClient

# Hosts are asked all at once. Of more requests than this urllib3 would close the connections, and
# log a warning for each.
_CONNECTIONS = 200


def connect() -> DockerClient:
    """Connect. DockerException when no engine answers; the caller closes it."""
    return docker.from_env(max_pool_size=_CONNECTIONS)
