"""The tracers on hosts: a container for each traced program, in the host's pid namespace.

It alone has the rights to trace; the host needs none, and nothing in its image. Docker removes it
when it ends, with the host's first process at the latest.
"""

import secrets
import socket

from docker import DockerClient
from docker.errors import ImageNotFound
from docker.models.containers import Container

from lab.engines.compose import agent_image, exec_stream, sidecar
from lab.engines.compose.sweep import AGENT_LABEL, LABEL

_OPTIONS = (
    *("--interactive", "--rm", "--read-only", "--log-driver=none"),
    # KILL: for SIGCONT, with which a program begins.
    *("--cap-drop=ALL", "--cap-add=SYS_PTRACE", "--cap-add=KILL"),
    "--security-opt=no-new-privileges:true",
)


def begin(client: DockerClient, host: Container, name: str) -> socket.socket:
    """Begin one on a host that runs; return the socket of its requests and responses."""
    try:
        client.images.get(agent_image.tag())
    except ImageNotFound:
        sidecar.build_image(host)
    lab = host.labels[LABEL]
    argv = [
        *("run", "--name", f"{lab}-{name}-tracer-{secrets.token_hex(4)}", *_OPTIONS),
        *(f"--label={label}" for label in (f"{LABEL}={lab}", f"{AGENT_LABEL}={name}")),
        *(f"--network=container:{host.id}", f"--pid=container:{host.id}"),
        *(agent_image.tag(), "trace"),
    ]
    return exec_stream.connect(argv)
