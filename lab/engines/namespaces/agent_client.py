"""The agents on the hosts' wires: how one is found, and begun where there is none.

An agent is reached by an abstract socket of this machine, as the supervisor is. It lives in the
lab's pid namespace, so that it dies with the lab, in the host's network namespace, and outside of
the host's pid namespace, so that a host that is paused has a wire all the same.
"""

import os
import socket
from typing import Any

from lab.engines import lifecycle
from lab.engines.namespaces import agent_launcher
from lab.errors import AgentError, EngineError

_BACKLOG = 16


def connect(lab: str, host: str) -> socket.socket | None:
    """Return a connection to the agent of a host, or None if there is none."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.connect(_address(lab, host))
    except ConnectionRefusedError:
        connected.close()
        return None
    return connected


def start(lab: str, host: str, status: dict[str, Any]) -> None:
    """Begin the agent of a host, of which the supervisor has given this status.

    One may connect at once. If somebody else begins one at the same time, that one counts.
    EngineError when it cannot be.
    """
    entry = next(entry for entry in status["hosts"] if entry["name"] == host)
    if not entry["pid"]:
        text = lifecycle.no_agent(host)
        raise EngineError(text)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(_address(lab, host))
        except OSError:
            return
        listener.listen(_BACKLOG)
        why = agent_launcher.start(lab, entry["pid"], status["pid"], listener.fileno())
    if why:
        text = f"{host}: no agent on its wire: {why}"
        raise AgentError(text)


def _address(lab: str, host: str) -> str:
    return f"\0socket-lab-agent/{os.geteuid()}/{lab}/{host}"
