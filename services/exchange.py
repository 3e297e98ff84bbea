"""One side of an exchange with a server: connect, send a message, take its answer.

Owns how an answer is recognised: on a stream it ends with a newline however many pieces it comes
in; a datagram is an answer as it is. Does not print, log or exit.
"""

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from services.failures import ClosedEarlyError

PIECE_BYTES = 65536


class Target(NamedTuple):
    """The server: a Unix socket's `path`, or else `host` and `port`; `kind` says which socket."""

    host: str
    port: int
    family: socket.AddressFamily
    kind: socket.SocketKind
    path: str | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def addresses(self) -> list[tuple[socket.AddressFamily, Any]]:
        """Where to try, in order. Raises gaierror."""
        if self.path is not None:
            return [(socket.AF_UNIX, self.path)]
        try:
            found = socket.getaddrinfo(self.host, self.port, self.family, self.kind)
        except UnicodeError:  # an empty label, say, or one of more than 63 bytes (RFC 1035, 2.3.4)
            raise socket.gaierror(socket.EAI_NONAME, "Not a possible name") from None
        return [(family, address) for family, _, _, _, address in found]


def connect(target: Target, timeout_s: float | None) -> socket.socket:
    """A socket connected to the first address of `target` that takes it.

    Each address gets a fair part of what is left of the timeout. Raises gaierror, or the OSError
    of the last address.
    """
    places = target.addresses()
    deadline = _Deadline(timeout_s)
    failed: OSError | None = None
    for index, (family, address) in enumerate(places):
        try:
            sock = socket.socket(family, target.kind)
        except OSError as error:  # the machine does not have this family
            failed = error
            continue
        try:
            sock.settimeout(deadline.share(len(places) - index))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed or socket.gaierror(socket.EAI_NONAME, "no addresses")


class Exchange:
    """A connected socket and what has been read beyond the last answer.

    `timeout_s` bounds each sending and the taking of each answer; None: for ever. `step` is what
    was being done when an error came: "send" or "answer".
    """

    def __init__(self, sock: socket.socket, timeout_s: float | None) -> None:
        self.sock = sock
        self.step = "send"
        self._timeout_s = timeout_s
        self.stream = sock.type == socket.SOCK_STREAM
        self._rest = bytearray()

    def ask(self, message: bytes) -> bytes:
        """Sends one message and gives its answer, on a stream without its newline.

        Raises OSError and ClosedEarlyError.
        """
        self.step = "send"
        self.sock.settimeout(self._timeout_s)
        if not self.stream:
            self.sock.send(message)
            self.step = "answer"
            return self.sock.recv(PIECE_BYTES)
        self.sock.sendall(message + b"\n")
        self.step = "answer"
        return self._line()

    def _line(self) -> bytes:
        deadline = _Deadline(self._timeout_s)
        looked = 0
        while (end := self._rest.find(b"\n", looked)) < 0:
            looked = len(self._rest)
            self.sock.settimeout(deadline.share(1))
            piece = self.sock.recv(PIECE_BYTES)
            if not piece:
                raise ClosedEarlyError
            self._rest += piece
        line = bytes(memoryview(self._rest)[:end])
        del self._rest[: end + 1]
        return line

    def pour(self, data: bytes) -> Iterator[bytes]:
        """Sends `data` as it is, ends the sending, yields what comes back until end of data.

        Both at once: a server that answers early would otherwise wait for us, and we for it.
        Raises OSError and ClosedEarlyError.
        """
        self.step = "send"
        self.sock.setblocking(False)
        left = memoryview(data)
        poll = select.poll()
        poll.register(self.sock, select.POLLIN | select.POLLOUT)
        if not left:
            self._end_of_sending(poll)
        wait_ms = None if self._timeout_s is None else self._timeout_s * 1000
        while True:
            ready = poll.poll(wait_ms)
            if not ready:
                raise TimeoutError
            if left:
                with contextlib.suppress(BlockingIOError):
                    left = left[self.sock.send(left) :]
                if not left:
                    self._end_of_sending(poll)
            with contextlib.suppress(BlockingIOError):
                piece = self.sock.recv(PIECE_BYTES)
                if not piece:
                    break
                yield piece
        if left:
            raise ClosedEarlyError

    def _end_of_sending(self, poll: select.poll) -> None:
        self.step = "answer"
        self.sock.shutdown(socket.SHUT_WR)
        poll.modify(self.sock, select.POLLIN)


class _Deadline:
    def __init__(self, timeout_s: float | None) -> None:
        self._end = None if timeout_s is None else time.monotonic() + timeout_s

    def share(self, parts: int) -> float | None:
        """One part of the seconds left, for settimeout. Raises TimeoutError when none are."""
        if self._end is None:
            return None
        left_s = self._end - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s / parts
