"""How `lab` and a supervisor reach each other: an abstract Unix socket, which leaves no file.

A request is a JSON object on a line: {"command": NAME, ...}. So is the response, with `error` when
it was refused or has failed; or, for outputs, there are frames until the end of data: how many
bytes before it are lost, how many follow, and these. Before these there are, for the command
`output_since`, the time that they came and the number of their stream. See unix(7).

Of the standard library, and light: the lab waits for the supervisor that loads this.
"""

import os
import socket
import struct

# lost bytes, length; and then time (ns since the epoch), stream.
FRAME = struct.Struct("!QI")
STAMP = struct.Struct("!QB")
# Of this protocol: programs of another version, with another one, do not meet.
_PREFIX = "socket-lab.supervisor"
_CREDENTIALS = struct.Struct("=iII")  # struct ucred: pid, uid, gid (unix(7))


def address_of(name: str) -> str:
    """Return the address of the socket of a lab; a lab is its user's own."""
    return f"\0{_PREFIX}/{os.geteuid()}/{name}"


def peer(sock: socket.socket) -> tuple[int, int]:
    """Return the process and the user at the other end, as this process's namespaces know them."""
    data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(data)
    return int(pid), int(uid)
