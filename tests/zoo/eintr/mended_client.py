"""Calls recv(2) again after EINTR; every other error is reported, and so is half an answer."""

import ctypes
import errno
import os
import socket
import struct

from messages import CONNECT_S, PORT, end, packed

LIBC = ctypes.CDLL(None, use_errno=True)
HEAD_BYTES, MOST_BYTES, WAITS_S = 8, 4096, 1
"""SO_RCVTIMEO, as recv(2) is not Python's, and knows nothing of its timeouts."""


def received(connection: socket.socket) -> bytes:
    """Return all data until their end."""
    data, buffer = b"", ctypes.create_string_buffer(MOST_BYTES)
    while True:
        count = LIBC.recv(connection.fileno(), buffer, MOST_BYTES, 0)
        if count > 0:
            data += buffer.raw[:count]
        elif count == 0:
            return data
        elif (error := ctypes.get_errno()) != errno.EINTR:
            raise OSError(error, os.strerror(error))


def main(host: str) -> None:
    """Ask, and print the answer."""
    address = socket.gethostbyname(host), PORT
    with socket.create_connection(address, timeout=CONNECT_S) as connection:
        connection.setblocking(True)
        timeout = struct.pack("@ll", WAITS_S, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        connection.sendall(packed("hello"))
        connection.shutdown(socket.SHUT_WR)
        data = received(connection)
        if data != packed("HELLO"):
            raise OSError("no whole answer")
        print("answer:", data[HEAD_BYTES:].decode())


if __name__ == "__main__":
    end(main)
