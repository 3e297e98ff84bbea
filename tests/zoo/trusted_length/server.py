"""Answers with a length, and then the text; keeps the connection for the next question."""

import socket
import struct
import sys
import threading
import zlib

PORT = 9000
ANSWER = b"hello"
# Longer than any client waits.
IDLE_S = 30.0


def serve(connection: socket.socket) -> None:
    """Answer each byte that comes; the head is a segment of its own."""
    try:
        with connection:
            connection.settimeout(IDLE_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while connection.recv(1):
                connection.sendall(struct.pack("!II", len(ANSWER), zlib.crc32(ANSWER)))
                connection.sendall(ANSWER)
    except OSError as error:
        print(error, file=sys.stderr, flush=True)


with socket.create_server(("", PORT)) as door:
    while True:
        try:
            client, _ = door.accept()
        except OSError as error:
            print(error, file=sys.stderr, flush=True)
            continue
        threading.Thread(target=serve, args=(client,), daemon=True).start()
