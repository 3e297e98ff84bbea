"""Requests that the Docker Engine still works on though their client has ended.

The engine does what it was asked to the end, and only then closes the connection. The kernel lists
its ends of connections: sock_diag(7), linux/unix_diag.h. Runs before there is any dependency.
"""

import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator

QUIET_S = 1.0
_PATIENCE_S = 15.0  # what goes on longer may be somebody else's
_LOOKS_AFTER_S = 0.02
# The kernel lists sockets in several goes: one that comes or goes meanwhile may hide another.
_LISTS = 3

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
    """Those of clients that were ended together. A `cookie` is the kernel's name for a socket."""

    def __init__(self, address: bytes, cookies: Iterable[int]) -> None:
        self._address = address
        self._cookies = set(cookies)

    @property
    def cookies(self) -> frozenset[int]:
        """Return those of the engine's ends of connections, by which another process knows them."""
        return frozenset(self._cookies)

    @property
    def are_visible(self) -> bool:
        """Tell whether the kernel here knows of them; not of those to an engine over TCP."""
        return bool(self._address)

    def with_those_of(self, cookies: Iterable[int]) -> "Requests":
        """Return these and others, that another process has known."""
        return Requests(self._address, self._cookies.union(cookies))

    def under_way(self) -> bool:
        """Tell whether there is one."""
        self._cookies &= _closed_by_client(self._address)
        return bool(self._cookies)

    def wait(self) -> None:
        """Wait until there is none; where they are not visible, as long as one may take."""
        deadline = time.monotonic() + (_PATIENCE_S if self.are_visible else QUIET_S)
        while (self.under_way() or not self.are_visible) and time.monotonic() < deadline:
            time.sleep(_LOOKS_AFTER_S)  # the pause of a poll, bounded by the deadline


class Since:
    """What is abandoned from a moment on.

    Not what was abandoned before: an engine may keep such a connection for minutes, without work
    (20.10, of a `docker exec` that was killed).
    """

    def __init__(self) -> None:
        self._address = _address()
        self._before = _closed_by_client(self._address)

    def now(self) -> Requests:
        """Return what the engine was asked by clients that have ended since, and has not done."""
        return Requests(self._address, _closed_by_client(self._address) - self._before)


def by(end_clients: Callable[[], None]) -> Requests:
    """End clients; return what the engine was asked by them and has not done yet."""
    since = Since()
    end_clients()
    return since.now()


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
        address = os.fsencode(probe.getpeername())
    try:
        _closed_by_client(address)
    except OSError:  # a kernel without unix_diag
        return b""
    return address


def _closed_by_client(address: bytes) -> set[int]:
    """Return the cookies of connections to the address of which the client's end is closed."""
    if not address:
        return set()
    return {
        cookie
        for _ in range(_LISTS)
        for cookie, attributes in _unix_sockets()
        if attributes.get(_NAME, b"").rstrip(b"\0") == address
        and attributes.get(_SHUTDOWN) == bytes([_BOTH_WAYS])
    }


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
