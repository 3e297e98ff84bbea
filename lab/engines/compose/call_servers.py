"""The call servers on hosts: a container for each, in the host's network and pid namespaces.

Not in the agent's sidecar: that ends when there is nothing on the wire, and goes on while the host
is paused; a call server is to be paused like any program of the host. It has no capability, and
none of the host's files but its volumes, where the socket of syslog is. Docker removes it when it
ends.
"""

import contextlib
import socket
from typing import Any

from docker import DockerClient
from docker.errors import APIError
from docker.models.containers import Container

from lab.engines.compose import agent_image, joined
from lab.engines.compose.freezer import freeze
from lab.engines.compose.sweep import CALL_SERVER_LABEL

_USER = "800"  # `lab`, in the hosts' images
# /dev is fresh in each container: root, who has no other right, makes the link, and is it no more.
_START = f"""\
ln -s /run/host/log /dev/log
exec setpriv --reuid={_USER} --regid={_USER} --clear-groups --inh-caps=-all --no-new-privs "$@"
"""
_OPTIONS = ("--tmpfs=/tmp", "--cap-add=SETUID", "--cap-add=SETGID", "--entrypoint=sh")


def begin(client: DockerClient, host: Container, name: str) -> socket.socket:
    """Begin a call server on a host that runs; return the socket of its requests and responses."""
    options = (
        *(*_OPTIONS, f"--label={CALL_SERVER_LABEL}={host.id}"),
        f"--volumes-from={host.id}",
    )
    words = ("-c", _START, "sh", *agent_image.CALLER)
    return joined.begin(client, host, name, "call-server", options, words)


def of(client: DockerClient, host: Container) -> list[Container]:
    """Return the call servers that are on a host."""
    filters: dict[str, Any] = {"label": f"{CALL_SERVER_LABEL}={host.id}"}
    found: list[Container] = client.containers.list(filters=filters, ignore_removed=True)
    return found


def pause(client: DockerClient, host: Container) -> None:
    """Freeze them, as their host is."""
    for server in of(client, host):
        try:
            freeze(server)
        except APIError:
            if server in of(client, host):  # else it has just ended
                raise


def resume(client: DockerClient, host: Container) -> None:
    """Thaw them."""
    for server in of(client, host):
        with contextlib.suppress(APIError):
            server.unpause()


def remove(client: DockerClient, host: Container) -> None:
    """End them, before their host's volumes go."""
    for server in of(client, host):
        with contextlib.suppress(APIError):
            server.remove(force=True)
