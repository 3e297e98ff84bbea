"""A program's connection: JSON lines in, JSON lines or a stream of bytes out, without waiting."""

import json
import os
import socket
import struct
from collections import deque
from itertools import islice
from typing import Any

_MOST_BYTES = 1 << 16
# What may wait for a reader of a stream; more is refused, and counted by whoever streams.
MOST_WAITING = 32 << 20
# Who has so much to read is behind, until it is so little again.
_BEHIND_BYTES, _AGAIN_BYTES = 4 << 20, 1 << 20
_MOST_PIECES = 16
_MOST_REQUEST_BYTES = 4 << 20  # far more than any request of the lab's
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


class Connection:
    """A connected Unix socket (unix(7)); one of another user is `closed` from the start."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.setblocking(False)
        self._read = b""
        self._waiting: deque[bytes | memoryview] = deque()
        self._waiting_bytes = 0
        self._is_behind = False
        self.watched_for = 0  # the events that the loop waits for now (selectors)
        # No more requests will come, but what waits is still read, perhaps.
        self.ended = False
        # In the user namespace of the agent the lab's own user is root.
        self.closed = _user(connected) != os.geteuid()

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._socket.fileno()

    @property
    def wants_to_read(self) -> bool:
        """Is there room for responses? Who does not read them is not read either."""
        return not self.closed and not self.ended and self._waiting_bytes < MOST_WAITING

    @property
    def wants_to_write(self) -> bool:
        """Is there something to send?"""
        return not self.closed and bool(self._waiting)

    @property
    def is_behind(self) -> bool:
        """Does its reader have so much to read that whoever streams should wait?"""
        limit = _AGAIN_BYTES if self._is_behind else _BEHIND_BYTES
        self._is_behind = not self.closed and self._waiting_bytes > limit
        return self._is_behind

    def read(self) -> list[dict[str, Any]]:
        """Return the requests that have come; at their end it has `ended`."""
        try:
            data = self._socket.recv(_MOST_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
            self.closed = True
        self.ended = not data
        if len(self._read) > _MOST_REQUEST_BYTES:
            self.closed = True
            return []
        *lines, self._read = (self._read + data).split(b"\n")
        try:
            return [dict(json.loads(line)) for line in lines]
        except (
            TypeError,
            ValueError,
            RecursionError,
        ):  # whoever that is, it asks nothing that makes sense
            self.closed = True
            return []

    def send(self, response: dict[str, Any]) -> None:
        """Send a response, without waiting."""
        self.add(json.dumps(response).encode() + b"\n")

    def stream(self, data: bytes) -> bool:
        """Send bytes, without waiting; False when too many wait already."""
        if self.closed or self._waiting_bytes + len(data) > MOST_WAITING:
            return False
        self.add(data)
        return True

    def add(self, data: bytes) -> None:
        """Send bytes, without waiting, however many wait already."""
        self._waiting.append(data)
        self._waiting_bytes += len(data)

    def flush(self) -> None:
        """Send what the socket takes now."""
        try:
            sent = self._socket.sendmsg(islice(self._waiting, _MOST_PIECES))
        except BlockingIOError:
            return
        except OSError:
            self.closed = True
            return
        self._waiting_bytes -= sent
        while sent:
            first = self._waiting.popleft()
            if len(first) > sent:
                self._waiting.appendleft(memoryview(first)[sent:])
                return
            sent -= len(first)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _user(connected: socket.socket) -> int | None:
    """Return the user at the other end; None if that is not a Unix socket's."""
    if connected.family != socket.AF_UNIX:
        return None
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])
