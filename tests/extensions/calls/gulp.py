"""Receives greedily."""

from lab.agent.call_server import parameters
from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, Role, call
from lab.net.parameters import Parameter


@call(
    parameters.SOCKET,
    Parameter("gulps", int, "in so many gulps"),
    role=Role.RECEIVE,
    note="(greedy)",
)
def gulp(handles: Handles, given: Given) -> bytes:
    """Receive all that there is."""
    return handles.socket(given["socket"]).recv(1 << 20)
