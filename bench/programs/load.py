"""Asks and takes replies as fast as it can for a while; prints replies and seconds.

    python3 load.py tcp|udp HOST PORT SOCKETS SECONDS

Plain blocking sockets in one process: send one message on each socket, then take one reply from
each, and again. It waits for the slowest of a turn, but costs two system calls a reply and next
to nothing else: it must not be what is measured. Not in the figure: connecting, and a first
exchange on each socket, which starts what the server starts for a client.
"""

import signal
import socket
import struct
import sys
import time

# Ends with a newline, and so do all replies, over UDP too: one way to know that a reply is whole.
MESSAGE = b"0123456789abcdef0123456789abcde\n"
LONGEST_WAIT_S = 20
LONGEST_S = 60


def main() -> None:
    """Measure, and print the figures in one line."""
    protocol, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sockets, seconds = int(sys.argv[4]), float(sys.argv[5])
    signal.alarm(LONGEST_S)
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    address = socket.getaddrinfo(host, port, socket.AF_INET, kind)[0][4]
    socks = [connected(kind, address) for _ in range(sockets)]
    turn(socks)
    replies = 0
    began = now = time.perf_counter()
    while now - began < seconds:
        turn(socks)
        replies += sockets
        now = time.perf_counter()
    print(replies, now - began)


def connected(kind: socket.SocketKind, address: tuple[object, ...]) -> socket.socket:
    """A socket whose calls block, but not for ever.

    By the kernel's own limit (socket(7)): settimeout would add a poll to each call.
    """
    sock = socket.socket(socket.AF_INET, kind)
    limit = struct.pack("ll", LONGEST_WAIT_S, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.connect(address)
    return sock


def turn(socks: list[socket.socket]) -> None:
    """One message and its reply on each socket."""
    for sock in socks:
        sock.send(MESSAGE)
    try:
        for sock in socks:
            piece = sock.recv(4096)
            while not piece.endswith(b"\n"):
                if not piece:
                    sys.exit("the server closed a connection")
                piece = sock.recv(4096)
    except BlockingIOError:
        sys.exit(f"no reply within {LONGEST_WAIT_S} s")


if __name__ == "__main__":
    main()
