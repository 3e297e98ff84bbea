"""The agents on the hosts' wires: a sidecar for each, begun where there is none.

A sidecar is in the network namespace of its host, and in its pid namespace, so that the kernel
ends it with the host's first process. It is in no control group of the host: a host that is paused
has a wire all the same. Docker removes it when it has ended. The host needs nothing for it.

One connects to it through `docker exec`: the SDK's own exec keeps its connection to Docker when its
socket is closed, and so what it had asked for in force.
"""

import logging
import socket
import time
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import APIError, ImageNotFound, NotFound
from docker.models.containers import Container

from lab.engines import lifecycle
from lab.engines.compose import agent_image, exec_stream
from lab.engines.compose.diagnostics import configured_base_image
from lab.engines.compose.sweep import AGENT_LABEL, LABEL, TOPOLOGY_LABEL
from lab.errors import AgentError, EngineError

_STARTED_LABEL = "socket-lab.agent-since"  # the start of the host that it belongs to
_FILE_LABEL = "com.docker.compose.project.config_files"
_WITHIN_S = 20.0
_LOOK_AGAIN_S = 0.02
_CONFLICT = 409


def connect(client: DockerClient, host: Container, name: str) -> socket.socket | None:
    """Return a connection to the agent of a host, or None if there is none."""
    sidecar = _find(client, host, name)
    if sidecar is None or sidecar.status != "running":
        return None
    host.reload()
    return _connect(sidecar) if _is_of(sidecar, host) else None


def begin(client: DockerClient, host: Container, name: str) -> socket.socket:
    """Return a connection to the agent of a host; begin it where there is none.

    Who begins one at the same time gets the same. EngineError when it cannot be.
    """
    deadline = time.monotonic() + _WITHIN_S
    while True:
        host.reload()
        _check(host, name)
        sidecar = _find(client, host, name) or _create(client, host, name)
        if sidecar and _started(sidecar, host):
            return _connect(sidecar)
        if time.monotonic() > deadline:
            text = f"{name}: no agent on its wire: its container ends as soon as it is started"
            raise AgentError(text)
        time.sleep(_LOOK_AGAIN_S)  # one that has ended is about to be removed


def _check(host: Container, name: str) -> None:
    """Raise EngineError if the host cannot have an agent as it is now."""
    mode = host.attrs["HostConfig"]["NetworkMode"]
    if not host.attrs["State"]["Running"]:
        text = lifecycle.no_agent(name)
    elif mode == "host":
        text = f"{name}: is on this machine's own network, which the lab leaves alone"
    elif mode.startswith("container:"):
        text = f"{name}: is on another host's network; the wire is that one's"
    else:
        return
    raise EngineError(text)


def _sidecar_name(host: Container, name: str) -> str:
    return f"{host.labels[LABEL]}-{name}-agent"


def _find(client: DockerClient, host: Container, name: str) -> Container | None:
    try:
        found = client.containers.get(_sidecar_name(host, name))
    except NotFound:
        return None
    if AGENT_LABEL not in found.labels:
        text = f"{name}: no agent on its wire: another container is called {found.name}"
        raise EngineError(text)
    return found


def _is_of(sidecar: Container, host: Container) -> bool:
    """Tell whether it belongs to the host as it runs now, not to one of before a restart."""
    return bool(
        sidecar.attrs["HostConfig"]["NetworkMode"] == f"container:{host.id}"
        and sidecar.labels.get(_STARTED_LABEL) == host.attrs["State"]["StartedAt"]
    )


def _create(client: DockerClient, host: Container, name: str) -> Container | None:
    """Create the sidecar; None when somebody else has just done so, or the host has gone."""
    api = client.api
    limits: dict[str, Any] = api.create_host_config(
        network_mode=f"container:{host.id}",
        pid_mode=f"container:{host.id}",
        cap_drop=["ALL"],
        cap_add=["NET_ADMIN", "NET_RAW"],
        security_opt=["no-new-privileges:true"],
        read_only=True,
        tmpfs={str(Path(agent_image.SOCKET).parent): ""},
        auto_remove=True,
    )
    # As --security-opt systempaths=unconfined has it: the agent may write /proc/sys/net.
    limits |= {"MaskedPaths": [], "ReadonlyPaths": []}
    labels = {
        LABEL: host.labels[LABEL],
        AGENT_LABEL: name,
        _STARTED_LABEL: host.attrs["State"]["StartedAt"],
    }
    try:
        created = api.create_container(
            agent_image.tag(),
            ["serve", agent_image.SOCKET],
            detach=True,
            name=_sidecar_name(host, name),
            labels=labels,
            host_config=limits,
        )
        return client.containers.get(created["Id"])
    except ImageNotFound:
        build_image(host)  # this may take longer than one waits for an agent
        return _create(client, host, name)
    except APIError as error:
        if error.status_code != _CONFLICT:
            raise
    return None


def build_image(host: Container) -> None:
    """Build the image, on the base that the host's compose file would have."""
    logging.getLogger(__name__).warning(
        "building the image of the wire's agent, once: %s", agent_image.tag()
    )
    agent_image.build(_base_image(host))


def _base_image(host: Container) -> str:
    file = host.labels.get(TOPOLOGY_LABEL) or host.labels.get(_FILE_LABEL, "")
    beside = Path(file.partition(",")[0]).parent
    return configured_base_image(beside, Path.cwd())


def _started(sidecar: Container, host: Container) -> bool:
    """Start it, if it does not run; False when it is no use, and gone or about to go."""
    try:
        if not _is_of(sidecar, host):
            sidecar.remove(force=True)
            return False
        if sidecar.status != "running":
            sidecar.start()
    except NotFound:
        return False
    except APIError as error:
        # It is being removed, or the host has just ended: the next look will tell.
        if error.status_code != _CONFLICT and "non running container" not in str(error):
            raise
        return False
    return True


def _connect(sidecar: Container) -> socket.socket:
    argv = ["exec", "--interactive", str(sidecar.name), *agent_image.ENTRY_POINT]
    # Docker may forget to say that the sidecar has ended (20.10).
    return exec_stream.connect([*argv, "stdio", agent_image.SOCKET], ends_with=sidecar)
