"""How a lab is found and talked to: an abstract Unix socket, which leaves no file (unix(7)).

A question is a JSON object on a line. The answer is one, too; or, for outputs, frames until the
end of data: how many bytes before it are lost, how many follow, and these. Before these there are,
for what is asked as `printed`, the time that they came and the number of their stream.
"""

import json
import os
import select
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.api.outputs import STREAMS, Piece
from lab.errors import EngineError, LabGoneError

FRAME = struct.Struct("!QI")
STAMP = struct.Struct("!QB")
_CREDENTIALS = struct.Struct("=iII")  # struct ucred: pid, uid, gid (unix(7))
_PREFIX = "socket-lab"
_BEFORE_NAME = 7  # fields of a socket's line in /proc/net/unix (proc(5))
_TIMEOUT_S = 60.0
_STATUS_TIMEOUT_S = 10.0  # a supervisor that is well answers in a millisecond, on a quiet machine


def address_of(name: str) -> str:
    """Return the socket's address; a lab is its user's own."""
    return f"\0{_PREFIX}/{os.geteuid()}/{name}"


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


def peer_uid(sock: socket.socket) -> int:
    """Return the user at the other end, as this user namespace knows it."""
    return _peer(sock)[1]


def _peer(sock: socket.socket) -> tuple[int, int]:
    """Return the process and the user at the other end."""
    data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(data)
    return int(pid), int(uid)


@contextmanager
def _asked(
    name: str, question: dict[str, Any], descriptors: Sequence[int] = (), longer_s: float = 0.0
) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        within_s = _STATUS_TIMEOUT_S if question["ask"] == "status" else _TIMEOUT_S
        sock.settimeout(within_s + longer_s)
        try:
            sock.connect(address_of(name))
            _check_supervisor(name, sock)
            socket.send_fds(sock, [json.dumps(question).encode() + b"\n"], descriptors)
            yield sock
        except TimeoutError as error:
            # 0: of a pid namespace that is not seen from here; kill(1) would take it for its group.
            supervisor = _peer(sock)[0]
            remedy = f"; kill -KILL {supervisor} ends the lab" if supervisor else ""
            text = f"lab {name}: {question['ask']}: its supervisor does not answer{remedy}"
            raise EngineError(text) from error
        except OSError as error:
            text = f"lab {name}: {question['ask']}: {error.strerror}"
            raise LabGoneError(text) from error


def _check_supervisor(name: str, sock: socket.socket) -> None:
    """Raise LabGoneError unless it is one's own: anybody may have bound the name."""
    if (uid := peer_uid(sock)) != os.geteuid():
        text = f"lab {name}: its name is taken by user {uid}"
        raise LabGoneError(text)


def ask(
    name: str, *, descriptors: Sequence[int] = (), longer_s: float = 0.0, **question: Any
) -> dict[str, Any]:
    """Ask a lab's supervisor, and give it descriptors; EngineError when it is gone, or has failed.

    What is asked may take so much longer than a supervisor does.
    """
    with _asked(name, question, descriptors, longer_s) as sock, sock.makefile("rb") as lines:
        line = lines.readline()
    if not line:
        text = f"lab {name}: it ended"
        raise LabGoneError(text)
    answer: dict[str, Any] = json.loads(line)
    if failed := answer.get("failed"):
        raise EngineError(failed)
    return answer


def read(name: str, **question: Any) -> Iterator[Piece]:
    """Ask for an output; yield it in pieces, until its end."""
    with _asked(name, question) as sock, sock.makefile("rb") as file:
        if question.get("follow"):
            sock.settimeout(None)
        while len(head := file.read(FRAME.size)) == FRAME.size:
            lost_bytes, length = FRAME.unpack(head)
            yield Piece(file.read(length), lost_bytes)


def read_stamped(name: str, host: str, position: int) -> Iterator[Piece]:
    """Ask for what a host has written from a position on, up to now; with streams and times."""
    question = {"ask": "printed", "host": host, "position": position}
    with _asked(name, question) as sock, sock.makefile("rb") as file:
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
