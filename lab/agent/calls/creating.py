"""Calls that make, place and end sockets."""

import socket
import struct
from typing import Any

from lab.agent.call_server import addresses, parameters
from lab.agent.call_server.handles import Handles
from lab.agent.call_server.registry import Given, Role, call
from lab.agent.call_server.values import Address, NewName, OpenName
from lab.net import constants
from lab.net.parameters import Parameter

_PROTOCOL = Parameter("protocol", int, "its protocol, as a number", default=0, most=255)
_PORT = Parameter("port", int, "on this port, all interfaces", most=parameters.MOST_PORT)
_ADDRESS = Parameter("address", Address, "on this address")
_BACKLOG = Parameter("backlog", int, "of connections not yet accepted", -1, 1 << 31, default=128)


@call(parameters.AS, parameters.FAMILY, parameters.TYPE, _PROTOCOL, name="socket")
def create(opened: Handles, given: Given) -> None:
    """Make a socket."""
    family, kind = parameters.family(given), parameters.type_(given)
    opened.put(given["as"], socket.socket(family, kind, given["protocol"]))


@call(
    parameters.AS,
    Parameter("peer", NewName, "how to call the other one", required=True),
    parameters.TYPE,
    unix_only=True,
)
def socketpair(opened: Handles, given: Given) -> None:
    """Make two Unix sockets that are connected to each other."""
    one, other = socket.socketpair(socket.AF_UNIX, parameters.type_(given))
    try:
        opened.put(given["as"], one)
    except ValueError:
        other.close()
        raise
    opened.put(given["peer"], other)


@call(
    *(parameters.THIS, parameters.NEW, _ADDRESS, _PORT, parameters.FAMILY, parameters.TYPE),
    one_of=(("socket", "as"), ("address", "port")),
    role=Role.SERVE,
)
def bind(opened: Handles, given: Given) -> None:
    """Give a socket its own address; with `as`, make the socket first."""
    bound = _this_or_new(opened, given)
    bound.bind(_address(opened, given, bound.family))


@call(
    *(
        parameters.THIS,
        parameters.NEW,
        _ADDRESS,
        _PORT,
        parameters.FAMILY,
        _BACKLOG,
        parameters.TYPE,
    ),
    one_of=(("socket", "as"),),
    role=Role.SERVE,
)
def listen(opened: Handles, given: Given) -> None:
    """Wait for connections; with `as`: make a socket, SO_REUSEADDR, bind, listen."""
    listening = _this_or_new(opened, given)
    if given["as"]:
        if listening.family != socket.AF_UNIX:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(_address(opened, given, listening.family))
    listening.listen(given["backlog"])


@call(parameters.SOCKET, parameters.AS, role=Role.ACCEPT)
def accept(opened: Handles, given: Given) -> str:
    """Take the next connection; gives the peer's address."""
    accepted, peer = opened.socket(given["socket"]).accept()
    opened.put(given["as"], accepted)
    return addresses.write(peer)


@call(
    *(parameters.THIS, parameters.NEW, parameters.TO, parameters.FAMILY, parameters.TYPE),
    one_of=(("socket", "as"),),
    role=Role.CONNECT,
)
def connect(opened: Handles, given: Given) -> None:
    """Connect a socket; with `as`, make it first: it stays, whatever comes of it."""
    connecting = _this_or_new(opened, given)
    connecting.connect(addresses.read(given["to"], connecting.family, opened))


@call(
    *(parameters.THIS, parameters.NEW, parameters.TO, parameters.FAMILY, parameters.TYPE),
    one_of=(("socket", "as"),),
    role=Role.CONNECT,
)
def connect_ex(opened: Handles, given: Given) -> int | str:
    """Connect a socket; gives 0, or the name of the errno."""
    connecting = _this_or_new(opened, given)
    status = connecting.connect_ex(addresses.read(given["to"], connecting.family, opened))
    return constants.errno_name(status) if status else 0


@call(
    parameters.SOCKET,
    Parameter(
        "how", str, "which direction", choices=("SHUT_RD", "SHUT_WR", "SHUT_RDWR"), required=True
    ),
    role=Role.END,
)
def shutdown(opened: Handles, given: Given) -> None:
    """End one direction of a connection, or both."""
    opened.socket(given["socket"]).shutdown(int(getattr(socket, given["how"])))


@call(
    parameters.THIS,
    Parameter("file", OpenName, "the open file"),
    one_of=(("socket", "file"),),
    role=Role.END,
)
def close(opened: Handles, given: Given) -> None:
    """Close a socket, or a file of makefile; the connection ends when both are closed."""
    if given["socket"]:
        opened.socket(given["socket"]).close()
    else:
        opened.file(given["file"]).close()


@call(parameters.SOCKET, role=Role.END, note="(close with RST)")
def abort(opened: Handles, given: Given) -> None:
    """Set SO_LINGER to 0 seconds and close: what is unsent is lost, and a TCP peer gets a reset."""
    ended = opened.socket(given["socket"])
    ended.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ended.close()


def _this_or_new(opened: Handles, given: Given) -> socket.socket:
    if given["socket"]:
        return opened.socket(given["socket"])
    made = socket.socket(parameters.family(given), parameters.type_(given))
    opened.put(given["as"], made)
    return made


def _address(opened: Handles, given: Given, family: int) -> Any:
    if given["address"] is None:
        return "", given["port"] or 0
    return addresses.read(given["address"], family, opened)
