"""One end of TCP connections that are always full: sends, or reads, as fast as it can.

    bulk.py HOW send|read [ADDRESS PORT] [--connections N]

Without ADDRESS it listens on a port that it prints. A reader prints a line for each 4 MiB of a
connection. At the end of each, by an error, its peer or HOW many seconds, it prints JSON: the
error's name, and the bytes.
"""

import argparse
import errno
import json
import socket
import threading
import time

PIECE = bytes(1 << 18)
LINE_BYTES = 4 << 20
parser = argparse.ArgumentParser()
parser.add_argument("seconds", type=float)
parser.add_argument("does", choices=["send", "read"])
parser.add_argument("--connections", type=int, default=1)
parser.add_argument("peer", nargs="*")
arguments = parser.parse_args()


def connected() -> list[socket.socket]:
    if arguments.peer:
        peer = (arguments.peer[0], int(arguments.peer[1]))
        each = range(arguments.connections)
        return [socket.create_connection(peer, timeout=10) for _ in each]
    family = socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET
    with socket.create_server(("", 0), family=family, dualstack_ipv6=socket.has_ipv6) as door:
        print(door.getsockname()[1], flush=True)
        door.settimeout(10)
        return [door.accept()[0] for _ in range(arguments.connections)]


def keep_full(connection: socket.socket) -> None:
    error, count, shown = None, 0, 0
    until_s = time.monotonic() + arguments.seconds
    connection.settimeout(arguments.seconds)
    try:
        while time.monotonic() < until_s:
            if arguments.does == "send":
                done = connection.send(PIECE)
            else:
                done = len(connection.recv(len(PIECE)))
            if not done:
                break
            count += done
            if arguments.does == "read" and count // LINE_BYTES > shown:
                shown = count // LINE_BYTES
                print(shown, flush=True)
    except OSError as failed:
        error = errno.errorcode.get(failed.errno or 0, type(failed).__name__)
    connection.close()
    print(json.dumps({"error": error, "bytes": count}), flush=True)


threads = [threading.Thread(target=keep_full, args=[one]) for one in connected()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
