"""Calls on file-like objects of a connection: read, write, readline."""

from typing import cast

from lab.agent.call_server import parameters
from lab.agent.call_server.handles import File, Handles
from lab.agent.call_server.registry import Given, Role, call
from lab.net.parameters import Parameter


@call(
    *(parameters.SOCKET, parameters.AS),
    Parameter("mode", str, "to read, to write, or both", choices=("r", "w", "rw"), default="rw"),
    makes_file=True,
)
def makefile(opened: Handles, given: Given) -> None:
    """Make a file of a connection, of bytes and buffered: what is written waits for a flush."""
    made = opened.socket(given["socket"]).makefile(given["mode"] + "b")
    opened.put(given["as"], cast(File, made))


@call(
    parameters.FILE,
    parameters.BYTES._replace(default=-1, help="so many bytes; without it, to the end"),
    role=Role.RECEIVE,
)
def read(opened: Handles, given: Given) -> bytes:
    """Read so many bytes; fewer only at the end of data."""
    return opened.file(given["file"]).read(given["bytes"])


@call(
    parameters.FILE,
    parameters.BYTES._replace(default=-1, help="but not more bytes than this"),
    role=Role.RECEIVE,
)
def readline(opened: Handles, given: Given) -> bytes:
    """Read a line with its newline; without one only at the end of data."""
    return opened.file(given["file"]).readline(given["bytes"])


@call(parameters.FILE, parameters.DATA, role=Role.SEND)
def write(opened: Handles, given: Given) -> int:
    """Write into the buffer; gives how many bytes."""
    return opened.file(given["file"]).write(given["data"])


@call(parameters.FILE)
def flush(opened: Handles, given: Given) -> None:
    """Send what is in the buffer."""
    opened.file(given["file"]).flush()
