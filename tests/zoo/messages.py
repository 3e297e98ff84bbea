"""What the zoo's programs have in common, and right: messages, a server, an end with one line.

A message is its length and its checksum, four bytes each, and a text.
"""

import socket
import struct
import sys
import threading
import zlib
from collections.abc import Callable

PORT = 9000
# One lost SYN is sent again after a second.
CONNECT_S = 1.5
ANSWER_S = 1.0
MOST_BYTES = 100_000
_HEAD = struct.Struct("!II")


class MessageError(OSError):
    """What has come is no message."""


def connected(host: str, *, timeout_s: float | None = CONNECT_S) -> socket.socket:
    """Return a connection to the host; its calls wait for ANSWER_S, or for ever with None."""
    connection = socket.create_connection((socket.gethostbyname(host), PORT), timeout=timeout_s)
    connection.settimeout(None if timeout_s is None else ANSWER_S)
    return connection


def packed(text: str) -> bytes:
    """Return the message of a text."""
    data = text.encode()
    return _HEAD.pack(len(data), zlib.crc32(data)) + data


def send(connection: socket.socket, text: str) -> None:
    """Send a message."""
    connection.sendall(packed(text))


def receive(connection: socket.socket) -> str:
    """Receive a message to its last byte."""
    length, checksum = _HEAD.unpack(_exactly(connection, _HEAD.size))
    if length > MOST_BYTES:
        raise MessageError(f"a message of {length} bytes")
    data = _exactly(connection, length)
    if zlib.crc32(data) != checksum:
        raise MessageError("a damaged message")
    return data.decode()


def ask(connection: socket.socket, text: str) -> str:
    """Send a message; return the answer."""
    send(connection, text)
    return receive(connection)


def serve(answer: Callable[[str], str], *, idle_s: float = 2.0) -> None:
    """Answer every message of every client, each client in a thread of its own."""

    def serve_one(connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(idle_s)
                while True:
                    send(connection, answer(receive(connection)))
        except EOFError:
            pass
        except OSError as error:
            print(error, file=sys.stderr, flush=True)

    with socket.create_server(("", PORT), backlog=100) as door:
        while True:
            try:
                connection, _ = door.accept()
            except OSError as error:  # of one client, who has gone
                print(error, file=sys.stderr, flush=True)
                continue
            threading.Thread(target=serve_one, args=(connection,), daemon=True).start()


def end(main: Callable[[str], None]) -> None:
    """Run a client; an error is a line on standard error, and status 1."""
    try:
        main(sys.argv[1])
    except (OSError, EOFError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            # Between two messages that is how a connection ends.
            raise EOFError("the peer has closed the connection")
        data += more
    return data
