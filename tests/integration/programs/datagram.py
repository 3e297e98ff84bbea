"""Sends one datagram of SIZE bytes and waits for the reply; an error is the result, too."""

import errno
import json
import socket
import sys

host, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data = bytes(number % 251 for number in range(size))
result: dict[str, object]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.settimeout(20)
    try:
        sock.sendto(data, (host, port))
        reply, _ = sock.recvfrom(65535)
    except OSError as error:
        result = {"errno": errno.errorcode[error.errno or 0]}
    else:
        start = reply.index(b":", 20) + 1  # ctime's own colons come before
        echoed = reply[start:]
        result = {
            "reply": len(reply),
            "stamp": start,
            "echoed": len(echoed),
            "same": echoed == data[: len(echoed)],
        }
print(json.dumps(result))
