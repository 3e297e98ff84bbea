"""The agents on the hosts' wires: how one is reached, and begun where there is none.

An agent has no address that somebody else could take: the supervisor, whose user is checked, hands
it its connections. It lives in the lab's pid namespace, so that it dies with the lab, in the host's
network namespace, and outside of the host's pid namespace, so that a host that is paused has a wire
all the same.
"""

import socket
from typing import Any

from lab.engines import lifecycle
from lab.engines.namespaces import agent_launcher, client
from lab.errors import AgentError, EngineError


def connect(lab: str, host: str) -> socket.socket | None:
    """Return a connection to the agent of a host, or None if there is none."""
    return _connect(lab, host)[0]


def begin(lab: str, host: str) -> socket.socket:
    """Return a connection to the agent of a host; begin it where there is none.

    If somebody else begins one at the same time, that one counts. EngineError when it cannot be.
    """
    while True:
        connected, response = _connect(lab, host)
        connected = connected or _start(lab, host, response)
        if connected:
            return connected


def _connect(lab: str, host: str) -> tuple[socket.socket | None, dict[str, Any]]:
    """Return a connection, if there is an agent, and what the supervisor responded."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            response = client.request(lab, "agent", host=host, descriptors=[theirs.fileno()])
        except BaseException:
            ours.close()
            raise
    if response["agent"]:
        return ours, response
    ours.close()
    return None, response


def _start(lab: str, host: str, response: dict[str, Any]) -> socket.socket | None:
    """Begin an agent, and give the supervisor the channel to it; None if it has another now."""
    if not response["pid"]:
        text = lifecycle.no_agent(host)
        raise EngineError(text)
    channel, connections = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with channel:
        with connections:
            why = agent_launcher.start(
                lab, response["pid"], response["supervisor"], connections.fileno()
            )
        if why:
            text = f"{host}: no agent on its wire: {why}"
            raise AgentError(text)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(channel, [b"\n"], [theirs.fileno()])
            begun = client.request(
                *(lab, "agent_begun"),
                host=host,
                pid=response["pid"],
                descriptors=[channel.fileno()],
            )
        except BrokenPipeError as error:
            ours.close()
            text = f"{host}: no agent on its wire: it ended as soon as it was begun"
            raise AgentError(text) from error
        except BaseException:
            ours.close()
            raise
    if begun["agent"]:
        return ours
    ours.close()
    return None
