"""The tracers on hosts: a container for each, which traces what runs in the host's pid namespace.

It alone has the rights to trace; the host needs none, and nothing in its image.
"""

import socket

from docker import DockerClient
from docker.models.containers import Container

from lab.engines.compose import joined

# KILL: for SIGCONT, with which a program begins.
_RIGHTS = ("--cap-add=SYS_PTRACE", "--cap-add=KILL")


def begin(client: DockerClient, host: Container, name: str) -> socket.socket:
    """Begin one on a host that runs; return the socket of its requests and responses."""
    return joined.begin(client, host, name, "tracer", _RIGHTS, ("trace",))
