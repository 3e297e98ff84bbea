"""Bug: takes what one recv() gives for the whole message."""

import socket

from messages import CONNECT_S, PORT, end, send

HEAD_BYTES = 8


def main(host: str) -> None:
    """Ask for the page; print how long it is."""
    address = socket.gethostbyname(host), PORT
    with socket.create_connection(address, timeout=CONNECT_S) as connection:
        send(connection, "the page")
        page = connection.recv(65536)[HEAD_BYTES:]
        print(len(page), "bytes, the last line:", page.splitlines()[-1:])


if __name__ == "__main__":
    end(main)
