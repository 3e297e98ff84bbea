"""Sends a numbered line every few milliseconds over one connection, until its input ends.

It does not wait for replies, so there is always something under way. Prints the number of each
reply, and at the end, as JSON, what it sent and whether every reply came once, in order,
unchanged; the longest that a reply took; the retransmissions (tcp_info, tcp(7)).
"""

import json
import socket
import struct
import sys
import threading
import time

PACE_S = 0.005
host, port = sys.argv[1], int(sys.argv[2])
end = threading.Event()
sent_s: list[float] = []


def watch_input() -> None:
    sys.stdin.read()
    end.set()


def line(number: int) -> bytes:
    return f"line {number} {'x' * 3000}\n".encode()


def send(connection: socket.socket) -> None:
    while not end.wait(PACE_S):
        sent_s.append(time.monotonic())
        connection.sendall(line(len(sent_s) - 1))
    connection.shutdown(socket.SHUT_WR)


threading.Thread(target=watch_input, daemon=True).start()
right = 0
longest_s = 0.0
with socket.create_connection((host, port), timeout=60) as connection:
    sender = threading.Thread(target=send, args=(connection,))
    sender.start()
    with connection.makefile("rb") as replies:
        for number, reply in enumerate(replies):
            right += reply.endswith(b":" + line(number))
            longest_s = max(longest_s, time.monotonic() - sent_s[number])
            print(number)
    sender.join()
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
retransmissions = struct.unpack_from("I", info, 100)[0]  # tcpi_total_retrans
print(
    json.dumps(
        {
            "sent": len(sent_s),
            "right": right,
            "longest_s": longest_s,
            "retransmissions": retransmissions,
        }
    )
)
