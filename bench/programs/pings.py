"""Round trips or one-way trips of datagrams between two hosts; prints a JSON object.

    pings.py echo PORT                           answers until it is killed
    pings.py sink PORT                           prints when each datagram was sent and received
    pings.py round ADDRESS PORT COUNT            prints the times of round trips, in microseconds
    pings.py send ADDRESS PORT COUNT PER_SECOND BYTES    sends at an even pace, then an end

The sink's times are nanoseconds of the monotonic clock, before send(2) and after recv(2). It ends
with the sender's end, which is sent several times: one may be lost.
"""

import contextlib
import json
import socket
import struct
import sys
import time

_STAMP = struct.Struct("!Q")
_WITHIN_S = 20.0
_LOST_AFTER_S = 0.5
_ENDS = 10


def main() -> None:
    what, *rest = sys.argv[1:]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.settimeout(_WITHIN_S)
    if what in {"echo", "sink"}:
        sock.bind(("0.0.0.0", int(rest[0])))  # noqa: S104 - every address of this host
    else:
        sock.connect((rest[0], int(rest[1])))
    if what == "echo":
        sock.settimeout(None)
        while True:
            data, peer = sock.recvfrom(2048)
            sock.sendto(data, peer)
    if what == "sink":
        print(json.dumps(sink(sock)))
    elif what == "round":
        sock.settimeout(_LOST_AFTER_S)
        print(json.dumps([time_us for _ in range(int(rest[2])) for time_us in trip(sock)]))
    else:
        send(sock, int(rest[2]), float(rest[3]), int(rest[4]))


def sink(sock: socket.socket) -> list[tuple[int, int]]:
    print("ready", flush=True)
    times_ns = []
    while len(data := sock.recv(2048)) > 1:
        times_ns.append((_STAMP.unpack_from(data)[0], time.monotonic_ns()))
    return times_ns


def trip(sock: socket.socket) -> list[float]:
    """The time, if nothing was lost."""
    began_ns = time.monotonic_ns()
    sock.send(bytes(64))
    try:
        sock.recv(2048)
    except TimeoutError:
        return []
    return [(time.monotonic_ns() - began_ns) / 1e3]


def send(sock: socket.socket, count: int, per_second: float, size: int) -> None:
    gap_ns = round(1e9 / per_second)
    rest = bytes(size - _STAMP.size)
    due_ns = time.monotonic_ns()
    for _ in range(count):
        while (left_ns := due_ns - time.monotonic_ns()) > 0:
            time.sleep(left_ns / 1e9)
        with contextlib.suppress(ConnectionRefusedError):  # nobody there is all right
            sock.send(_STAMP.pack(time.monotonic_ns()) + rest)
        due_ns += gap_ns
    for _ in range(_ENDS):
        time.sleep(1 / _ENDS)
        with contextlib.suppress(ConnectionRefusedError):
            sock.send(b".")


main()
