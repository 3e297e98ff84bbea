"""One end of a TCP connection that is always full: sends, or reads, as fast as it can.

    bulk.py HOW send|read [ADDRESS PORT]

Without ADDRESS it listens on a port that it prints. A reader prints a line for each 4 MiB. At the
end, by an error, its peer or HOW many seconds, it prints JSON: the error's name, and the bytes.
"""

import errno
import json
import socket
import sys
import time

PIECE = bytes(1 << 18)
LINE_BYTES = 4 << 20
seconds, does, *peer = sys.argv[1:]
error, count, shown = None, 0, 0


def connected() -> socket.socket:
    if peer:
        return socket.create_connection((peer[0], int(peer[1])), timeout=10)
    family = socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET
    with socket.create_server(("", 0), family=family, dualstack_ipv6=socket.has_ipv6) as door:
        print(door.getsockname()[1], flush=True)
        door.settimeout(10)
        return door.accept()[0]


with connected() as connection:
    until_s = time.monotonic() + float(seconds)
    connection.settimeout(float(seconds))
    try:
        while time.monotonic() < until_s:
            done = connection.send(PIECE) if does == "send" else len(connection.recv(len(PIECE)))
            if not done:
                break
            count += done
            if does == "read" and count // LINE_BYTES > shown:
                shown = count // LINE_BYTES
                print(shown, flush=True)
    except OSError as failed:
        error = errno.errorcode.get(failed.errno or 0, type(failed).__name__)
print(json.dumps({"error": error, "bytes": count}), flush=True)
