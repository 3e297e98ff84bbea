"""Calls on file-like objects of a connection: read, write, readline."""

from typing import cast

from lab.agent.caller import shared
from lab.agent.caller.call import Given, call
from lab.agent.caller.opened import File, Opened
from lab.agent.wire.parameters import Parameter


@call(
    *(shared.SOCKET, shared.AS),
    Parameter("mode", str, "to read, to write, or both", choices=("r", "w", "rw"), default="rw"),
)
def makefile(opened: Opened, given: Given) -> None:
    """Make a file of a connection, of bytes and buffered: what is written waits for a flush."""
    made = opened.socket(given["socket"]).makefile(given["mode"] + "b")
    opened.put(given["as"], cast(File, made))


@call(shared.FILE, shared.BYTES._replace(default=-1, help="so many bytes; without it, to the end"))
def read(opened: Opened, given: Given) -> bytes:
    """Read so many bytes; fewer only at the end of data."""
    return opened.file(given["file"]).read(given["bytes"])


@call(shared.FILE, shared.BYTES._replace(default=-1, help="but not more bytes than this"))
def readline(opened: Opened, given: Given) -> bytes:
    """Read a line with its newline; without one only at the end of data."""
    return opened.file(given["file"]).readline(given["bytes"])


@call(shared.FILE, shared.DATA)
def write(opened: Opened, given: Given) -> int:
    """Write into the buffer; gives how many bytes."""
    return opened.file(given["file"]).write(given["data"])


@call(shared.FILE)
def flush(opened: Opened, given: Given) -> None:
    """Send what is in the buffer."""
    opened.file(given["file"]).flush()
