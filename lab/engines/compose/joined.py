"""Containers that join a host's network and pid namespaces: what the lab runs there for itself.

Docker removes one when it ends, with the host's first process at the latest.
"""

import secrets
import socket
from collections.abc import Sequence

from docker import DockerClient
from docker.errors import ImageNotFound
from docker.models.containers import Container

from lab.engines.compose import agent_image, exec_stream, sidecar
from lab.engines.compose.sweep import AGENT_LABEL, LABEL


def begin(
    client: DockerClient,
    host: Container,
    name: str,
    role: str,
    options: Sequence[str],
    words: Sequence[str],
) -> socket.socket:
    """Run the agent's image beside a host that runs; return the socket of its standard streams.

    `role` is in the container's name, `options` are more of `docker run`, `words` the command's.
    """
    try:
        client.images.get(agent_image.tag())
    except ImageNotFound:
        sidecar.build_image(host)
    lab = host.labels[LABEL]
    argv = [
        *("run", "--name", f"{lab}-{name}-{role}-{secrets.token_hex(4)}"),
        *("--interactive", "--rm", "--read-only", "--log-driver=none", "--cap-drop=ALL"),
        "--security-opt=no-new-privileges:true",
        *(f"--label={label}" for label in (f"{LABEL}={lab}", f"{AGENT_LABEL}={name}")),
        *(f"--network=container:{host.id}", f"--pid=container:{host.id}"),
        *(*options, agent_image.tag(), *words),
    ]
    return exec_stream.connect(argv)
