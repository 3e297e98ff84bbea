"""Datagrams in windows: all of one come back before the next is sent.

    datagram_windows.py                 answer each, on a port that is printed
    datagram_windows.py ADDRESS PORT    send windows until standard input ends

The sender prints JSON in the end: how many it has sent, and how many did not come back in time.
"""

import json
import select
import socket
import sys

WINDOW, PATIENCE_S = 64, 2.0


def answer() -> None:
    family = socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind(("", 0))
        print(sock.getsockname()[1], flush=True)
        while True:
            data, source = sock.recvfrom(100)
            sock.sendto(data, source)


def missing_of(sock: socket.socket, first: int) -> int:
    """Send a window; return how many of it do not come back."""
    numbers = {first + n for n in range(WINDOW)}
    for number in sorted(numbers):
        sock.send(b"%d" % number)
    try:
        while numbers:
            numbers.discard(int(sock.recv(100)))
    except TimeoutError:
        pass
    return len(numbers)


def send(address: str, port: int) -> None:
    sent = missing = 0
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE_S)
        sock.connect((address, port))
        while not select.select([sys.stdin], [], [], 0)[0]:
            missing += missing_of(sock, sent)
            sent += WINDOW
    print(json.dumps({"sent": sent, "missing": missing}), flush=True)


if len(sys.argv) > 1:
    send(sys.argv[1], int(sys.argv[2]))
else:
    answer()
