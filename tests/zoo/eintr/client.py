"""Bug: calls recv(2) itself, without Python's retries, and takes EINTR for the end of data."""

import ctypes
import socket

from messages import CONNECT_S, PORT, end, packed

LIBC = ctypes.CDLL(None, use_errno=True)
HEAD_BYTES, MOST_BYTES = 8, 4096


def main(host: str) -> None:
    """Ask, and print the answer."""
    address = socket.gethostbyname(host), PORT
    with socket.create_connection(address, timeout=CONNECT_S) as connection:
        connection.setblocking(True)
        connection.sendall(packed("hello"))
        connection.shutdown(socket.SHUT_WR)
        data, buffer = b"", ctypes.create_string_buffer(MOST_BYTES)
        while (count := LIBC.recv(connection.fileno(), buffer, MOST_BYTES, 0)) > 0:
            data += buffer.raw[:count]
        print("answer:", data[HEAD_BYTES:].decode())


if __name__ == "__main__":
    end(main)
