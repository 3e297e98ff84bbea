"""Calls that send and receive on a connection."""

import select
import socket
import time

from lab.agent.call_server import parameters
from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, Role, call
from lab.agent.call_server.values import Duration
from lab.net.data import Data
from lab.net.parameters import Parameter

_POLL_NAMES = ("POLLIN", "POLLPRI", "POLLOUT", "POLLERR", "POLLHUP", "POLLNVAL", "POLLRDHUP")
_LOOK_AGAIN_S = 0.02


@call(parameters.SOCKET, parameters.DATA, parameters.FLAGS, role=Role.SEND)
def send(opened: Handles, given: Given) -> int:
    """Send; gives how many bytes were taken, which may be fewer."""
    return opened.socket(given["socket"]).send(given["data"], given["flags"])


@call(parameters.SOCKET, parameters.DATA, parameters.FLAGS, role=Role.SEND)
def sendall(opened: Handles, given: Given) -> None:
    """Send all of it."""
    opened.socket(given["socket"]).sendall(given["data"], given["flags"])


@call(parameters.SOCKET, parameters.BYTES, parameters.FLAGS, role=Role.RECEIVE)
def recv(opened: Handles, given: Given) -> bytes:
    """Receive what is there, at least one byte; gives nothing ("") at the end of data."""
    return opened.socket(given["socket"]).recv(given["bytes"], given["flags"])


@call(
    parameters.SOCKET,
    Parameter("data", Data, "what to send, again and again", default=b"x" * 65_536),
    Parameter("idle", Duration, "until it has taken nothing for so long", default=0.2),
    Parameter("most", int, "but not more bytes than this", 0, 1 << 30, default=1 << 28),
    role=Role.SEND,
)
def fill(opened: Handles, given: Given) -> int:
    """Send without waiting until nothing more is taken (EAGAIN); gives how many bytes were."""
    filled = opened.socket(given["socket"])
    writable = select.poll()
    writable.register(filled, select.POLLOUT)
    taken, last_s = 0, time.monotonic()
    while taken < given["most"]:
        try:
            taken += filled.send(given["data"], socket.MSG_DONTWAIT)
            last_s = time.monotonic()
        except BlockingIOError:
            left_s = last_s + given["idle"] - time.monotonic()
            if left_s <= 0:
                break
            # TCP calls a socket writable when a third of its buffer is free; it takes more before.
            writable.poll(min(left_s, _LOOK_AGAIN_S) * 1000)
    return taken


@call(
    parameters.SOCKET,
    Parameter(
        "until",
        str,
        "until it can be read, written, or has an error or hang-up",
        choices=("readable", "writable", "ended"),
        required=True,
    ),
    Parameter("timeout", Duration, "but no longer than this"),
    role=Role.WAIT,
)
def poll(opened: Handles, given: Given) -> list[str]:
    """Wait until a socket is ready; gives the names of poll(2), none when the time is over."""
    asked = {"readable": select.POLLIN | select.POLLRDHUP, "writable": select.POLLOUT, "ended": 0}
    waiting = select.poll()
    waiting.register(opened.socket(given["socket"]), asked[given["until"]])
    timeout_s = given["timeout"]
    ready = waiting.poll(None if timeout_s is None else timeout_s * 1000)
    mask = ready[0][1] if ready else 0
    return [name for name in _POLL_NAMES if getattr(select, name) & mask]


@call(parameters.SOCKET, Parameter("timeout", Duration, "for each call; without it, for ever"))
def settimeout(opened: Handles, given: Given) -> None:
    """Let calls on the socket wait so long, then raise TimeoutError; 0s is non-blocking."""
    opened.socket(given["socket"]).settimeout(given["timeout"])


@call(parameters.SOCKET)
def gettimeout(opened: Handles, given: Given) -> float | None:
    """Give the time in seconds that calls on the socket may wait."""
    return opened.socket(given["socket"]).gettimeout()


@call(parameters.SOCKET, Parameter("blocking", bool, "whether calls wait", required=True))
def setblocking(opened: Handles, given: Given) -> None:
    """Let calls on the socket wait, or not (then they raise EAGAIN or EINPROGRESS)."""
    opened.socket(given["socket"]).setblocking(given["blocking"])
