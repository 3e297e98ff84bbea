"""A client of a lab's supervisor: finds labs, sends requests and reads outputs (see `protocol`)."""

import json
import os
import select
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lab.api.outputs import STREAMS, Piece
from lab.engines.namespaces.protocol import FRAME, STAMP, address_of, peer
from lab.errors import EngineError, LabGoneError
from lab.model import LAB_NAME

_BEFORE_NAME = 7  # fields of a socket's line in /proc/net/unix (proc(5)), among them:
_FLAGS, _INODE = 3, 6
_LISTENS = "00010000"
_TIMEVAL = struct.Struct("@ll")
# What must be in the responses to commands; "ok" in all others.
_RESPONSES = {
    "status": {"topology", "hosts", "environment", "pid", "folder", "user_namespace"},
    "down": {"pid", "within_s"},
    "agent": {"agent", "pid", "supervisor"},
    "agent_begun": {"agent", "pid", "supervisor"},
}
_MOST_BYTES = 1 << 26
_TIMEOUT_S = 60.0
_STATUS_TIMEOUT_S = 10.0  # a supervisor that is well responds in a millisecond, on a quiet machine


def names() -> list[str]:
    """Return the names of this user's labs that are up in this network namespace.

    Others may hold some of them: whose they are shows when one connects.
    """
    start = "@" + address_of("")[1:]
    paths = {fields[_BEFORE_NAME] for fields in _unix_sockets()}
    found = (path.removeprefix(start) for path in paths if path.startswith(start))
    return sorted(name for name in found if LAB_NAME.fullmatch(name))


def _unix_sockets() -> Iterator[list[str]]:
    """Yield the fields of each named socket of this network namespace, its name the last.

    A name is whatever bytes somebody has bound, a blank and the end of a line among them: a whole
    line may be somebody's name.
    """
    try:
        lines = os.fsdecode(Path("/proc/net/unix").read_bytes()).split("\n")
    except OSError:  # no /proc/net: no Linux
        return
    fields = (line.split(maxsplit=_BEFORE_NAME) for line in lines)
    yield from (of for of in fields if len(of) > _BEFORE_NAME)


def _own_listener(name: str) -> int:
    """Return the process of this user that listens at a lab's address; 0 if it is not known.

    For an address that takes no connection, which would say who it is.
    """
    path = "@" + address_of(name)[1:]
    found = [of for of in _unix_sockets() if of[_BEFORE_NAME] == path and of[_FLAGS] == _LISTENS]
    if len(found) != 1:  # one of them at least is a line that somebody made up
        return 0
    link = f"socket:[{found[0][_INODE]}]"
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            descriptors = (process / "fd").iterdir() if _is_own(process) else ()
            if any(str(descriptor.readlink()) == link for descriptor in descriptors):
                return int(process.name)
    return 0


def _is_own(process: Path) -> bool:
    return process.stat().st_uid == os.geteuid()


def _connect(name: str, command: str, sock: socket.socket, within_s: float) -> None:
    """Connect to a lab's supervisor, whose user is checked: anybody may have bound the name.

    LabGoneError when it is somebody else's, EngineError when it takes no connection.
    """
    sock.settimeout(0)
    try:
        sock.connect(address_of(name))
    except BlockingIOError:  # as many wait as may
        listener = _own_listener(name)
        if not listener:
            text = f"lab {name}: its name is taken by another user"
            raise LabGoneError(text) from None
        sock.settimeout(None)
        timeval = _TIMEVAL.pack(*divmod(round(within_s * 1e6), 1_000_000))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
        try:
            sock.connect(address_of(name))
        except BlockingIOError:
            raise _silent(name, command, listener) from None
    sock.settimeout(within_s)
    if (uid := peer(sock)[1]) != os.geteuid():
        text = f"lab {name}: its name is taken by user {uid}"
        raise LabGoneError(text)


def taken(name: str) -> str:
    """Return why a new supervisor could not have a lab's address."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            _connect(name, "up", sock, _STATUS_TIMEOUT_S)
        except LabGoneError as error:
            return f"{error}; choose another --name"
        except EngineError as error:
            return str(error)
        except OSError:  # it has gone meanwhile, or it is not a supervisor's
            return f"lab {name}: its name is taken; choose another --name"
    return f"lab {name}: is up already; lab down {name} first, or choose another --name"


def _silent(name: str, command: str, supervisor: int, what: str = "does not answer") -> EngineError:
    # 0: of a pid namespace that is not seen from here; kill(1) would take it for its group.
    remedy = f"; kill -KILL {supervisor} ends the lab" if supervisor else ""
    return EngineError(f"lab {name}: {command}: its supervisor {what}{remedy}")


@contextmanager
def _sent(
    name: str, request: dict[str, Any], descriptors: Sequence[int] = (), longer_s: float = 0.0
) -> Iterator[socket.socket]:
    """Connect to a lab's supervisor and send it a request; the response is read in the block."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        within_s = _STATUS_TIMEOUT_S if request["command"] == "status" else _TIMEOUT_S
        try:
            _connect(name, request["command"], sock, within_s + longer_s)
            socket.send_fds(sock, [json.dumps(request).encode() + b"\n"], descriptors)
            yield sock
        except TimeoutError as error:
            raise _silent(name, request["command"], peer(sock)[0]) from error
        except OSError as error:
            text = f"lab {name}: {request['command']}: {error.strerror}"
            raise LabGoneError(text) from error


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
        line = lines.readline(_MOST_BYTES)
        supervisor = peer(sock)[0]
    if not line:
        text = f"lab {name}: it ended"
        raise LabGoneError(text)
    response = _parsed(line)
    if "error" not in response and not response.keys() >= _RESPONSES.get(command, {"ok"}):
        raise _silent(name, command, supervisor, "answers as none of this version does")
    if error := response.get("error"):
        raise EngineError(str(error))
    return response


def _parsed(line: bytes) -> dict[str, Any]:
    """Return a response; what is none has nothing of one."""
    try:
        return {**json.loads(line)}
    except (TypeError, ValueError, RecursionError):
        return {}


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
