"""A client of a lab's supervisor: finds labs, sends requests and reads outputs (see `protocol`)."""

import json
import os
import select
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.api.outputs import STREAMS, Piece
from lab.engines.namespaces.protocol import FRAME, STAMP, address_of, peer
from lab.errors import EngineError, LabGoneError

_BEFORE_NAME = 7  # fields of a socket's line in /proc/net/unix (proc(5))
_TIMEOUT_S = 60.0
_STATUS_TIMEOUT_S = 10.0  # a supervisor that is well responds in a millisecond, on a quiet machine


def names() -> list[str]:
    """Return the names of this user's labs that are up in this network namespace."""
    start = "@" + address_of("")[1:]
    try:
        lines = os.fsdecode(Path("/proc/net/unix").read_bytes()).split("\n")
    except OSError:  # no /proc/net: no Linux
        return []
    # A name is whatever bytes somebody has bound, a blank and the end of a line among them.
    fields = (line.split(maxsplit=_BEFORE_NAME) for line in lines)
    found = {of[_BEFORE_NAME] for of in fields if len(of) > _BEFORE_NAME}
    return sorted(path.removeprefix(start) for path in found if path.startswith(start))


@contextmanager
def _sent(
    name: str, request: dict[str, Any], descriptors: Sequence[int] = (), longer_s: float = 0.0
) -> Iterator[socket.socket]:
    """Connect to a lab's supervisor and send it a request; the response is read in the block."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        within_s = _STATUS_TIMEOUT_S if request["command"] == "status" else _TIMEOUT_S
        sock.settimeout(within_s + longer_s)
        try:
            sock.connect(address_of(name))
            _check_supervisor(name, sock)
            socket.send_fds(sock, [json.dumps(request).encode() + b"\n"], descriptors)
            yield sock
        except TimeoutError as error:
            # 0: of a pid namespace that is not seen from here; kill(1) would take it for its group.
            supervisor = peer(sock)[0]
            remedy = f"; kill -KILL {supervisor} ends the lab" if supervisor else ""
            text = f"lab {name}: {request['command']}: its supervisor does not answer{remedy}"
            raise EngineError(text) from error
        except OSError as error:
            text = f"lab {name}: {request['command']}: {error.strerror}"
            raise LabGoneError(text) from error


def _check_supervisor(name: str, sock: socket.socket) -> None:
    """Raise LabGoneError unless it is one's own: anybody may have bound the name."""
    if (uid := peer(sock)[1]) != os.geteuid():
        text = f"lab {name}: its name is taken by user {uid}"
        raise LabGoneError(text)


def request(
    name: str,
    command: str,
    *,
    descriptors: Sequence[int] = (),
    longer_s: float = 0.0,
    **parameters: Any,
) -> dict[str, Any]:
    """Send a lab's supervisor a command, with descriptors; return the response.

    The command may take so much longer than a supervisor does. EngineError when it was refused or
    has failed, LabGoneError when there is no supervisor.
    """
    message = {"command": command, **parameters}
    with _sent(name, message, descriptors, longer_s) as sock, sock.makefile("rb") as lines:
        line = lines.readline()
    if not line:
        text = f"lab {name}: it ended"
        raise LabGoneError(text)
    response: dict[str, Any] = json.loads(line)
    if error := response.get("error"):
        raise EngineError(error)
    return response


def read(name: str, host: str, *, alone: bool, follow: bool) -> Iterator[Piece]:
    """Yield an output of a host in pieces: `alone` is standard output; `follow` it to its end."""
    message = {"command": "output", "host": host, "alone": alone, "follow": follow}
    with _sent(name, message) as sock, sock.makefile("rb") as file:
        if follow:
            sock.settimeout(None)
        while len(head := file.read(FRAME.size)) == FRAME.size:
            lost_bytes, length = FRAME.unpack(head)
            yield Piece(file.read(length), lost_bytes)


def read_stamped(name: str, host: str, position: int) -> Iterator[Piece]:
    """Yield what a host has written from a position on, up to now; with streams and times."""
    message = {"command": "output_since", "host": host, "position": position}
    with _sent(name, message) as sock, sock.makefile("rb") as file:
        while len(head := file.read(FRAME.size + STAMP.size)) == FRAME.size + STAMP.size:
            lost_bytes, length = FRAME.unpack(head[: FRAME.size])
            time_ns, stream = STAMP.unpack(head[FRAME.size :])
            yield Piece(file.read(length), lost_bytes, time_ns, STREAMS[stream])


def wait_for_end(pid: int, within_s: float) -> bool:
    """Wait until a process, which need not be a child, and its pid namespace are gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], within_s)[0])
    finally:
        os.close(descriptor)
