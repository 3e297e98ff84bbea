"""Requests that the Docker Engine still works on though their client has ended.

The engine does what it was asked to the end, and only then closes the connection. The kernel lists
its ends of connections: sock_diag(7), linux/unix_diag.h. Runs before there is any dependency.
"""

import os
import socket
import struct
from collections.abc import Iterator

_SOCK_DIAG, _BY_FAMILY = 4, 20
_REQUEST_AND_DUMP = 0x301
_ERROR, _DONE = 2, 3
_SHOW_NAME = 1
_NAME, _SHUTDOWN = 0, 6
_BOTH_WAYS = 3  # closed by the other side, not only shut down for writing
_MOST_BYTES = 1 << 16
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_QUESTION = struct.Struct("=BBHIIIQ")  # struct unix_diag_req
_ANSWER = struct.Struct("=BBBBIQ")  # struct unix_diag_msg
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr
_DEFAULT_HOST = "unix:///var/run/docker.sock"


class Requests:
    """Those abandoned since this was made."""

    def __init__(self) -> None:
        self._engine = _address()
        # A program that goes on when its `docker exec` is killed keeps that connection.
        self._before = self._all()

    @property
    def are_visible(self) -> bool:
        """Tell whether the kernel here knows of them; not those to an engine over TCP."""
        return bool(self._engine)

    def under_way(self) -> bool:
        """Tell whether there is one, of any client."""
        return bool(self._all() - self._before)

    def _all(self) -> set[int]:
        try:
            return set(_closed_by_client(self._engine)) if self._engine else set()
        except OSError:  # a kernel without unix_diag
            self._engine = b""
            return set()


def _address() -> bytes:
    """Return the address of the engine's socket as the engine named it; b"" if it has none."""
    scheme, _, path = (os.environ.get("DOCKER_HOST") or _DEFAULT_HOST).partition("://")
    if scheme != "unix":
        return b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return b""
        return os.fsencode(probe.getpeername())


def _closed_by_client(address: bytes) -> Iterator[int]:
    """Yield the cookies of connections to the address of which the client's end is closed."""
    for cookie, attributes in _unix_sockets():
        name = attributes.get(_NAME, b"").rstrip(b"\0")
        if name == address and attributes.get(_SHUTDOWN) == bytes([_BOTH_WAYS]):
            yield cookie


def _unix_sockets() -> Iterator[tuple[int, dict[int, bytes]]]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as netlink:
        any_state = 0xFFFFFFFF
        question = _QUESTION.pack(socket.AF_UNIX, 0, 0, any_state, 0, _SHOW_NAME, 0)
        length = _HEADER.size + len(question)
        netlink.send(_HEADER.pack(length, _BY_FAMILY, _REQUEST_AND_DUMP, 0, 0) + question)
        while True:
            data = netlink.recv(_MOST_BYTES)
            while data:
                length, kind, *_ = _HEADER.unpack_from(data)
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError(-int.from_bytes(data[16:20], "little", signed=True), "unix_diag")
                yield _parsed(data[_HEADER.size : length])
                data = data[(length + 3) & ~3 :]


def _parsed(body: bytes) -> tuple[int, dict[int, bytes]]:
    *_, cookie = _ANSWER.unpack_from(body)
    attributes = {}
    at = _ANSWER.size
    while at < len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        attributes[kind] = body[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return cookie, attributes
