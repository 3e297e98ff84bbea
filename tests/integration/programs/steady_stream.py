"""Sends numbered lines over one connection, one after each reply, until its input ends.

Prints the number of each reply, and at the end, as JSON, what it sent and whether every reply came
once, in order, unchanged; the longest wait for a reply; the retransmissions (tcp_info, tcp(7)).
"""

import json
import socket
import struct
import sys
import threading
import time

host, port = sys.argv[1], int(sys.argv[2])
end = threading.Event()


def _watch_input() -> None:
    sys.stdin.read()
    end.set()


threading.Thread(target=_watch_input, daemon=True).start()
count = right = 0
longest_s = 0.0
with socket.create_connection((host, port), timeout=60) as connection:
    with connection.makefile("rb") as replies:
        while not end.is_set():
            line = f"line {count} {'x' * 3000}\n".encode()
            began = time.monotonic()
            connection.sendall(line)
            right += replies.readline().endswith(b":" + line)
            longest_s = max(longest_s, time.monotonic() - began)
            count += 1
            print(count)
        connection.shutdown(socket.SHUT_WR)
        rest = replies.read()
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
retransmissions = struct.unpack_from("I", info, 100)[0]  # tcpi_total_retrans
print(
    json.dumps(
        {
            "sent": count,
            "right": right,
            "rest": len(rest),
            "longest_s": longest_s,
            "retransmissions": retransmissions,
        }
    )
)
