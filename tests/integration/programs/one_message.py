"""Sends one message of SIZE random bytes over TCP and reads the reply while it sends."""

import hashlib
import json
import random
import socket
import sys
import threading

host, port, size, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
data = random.Random(seed).randbytes(size).replace(b"\n", b"N")
with socket.create_connection((host, port), timeout=30) as connection:
    sender = threading.Thread(target=connection.sendall, args=(data + b"\n",))
    sender.start()
    with connection.makefile("rb") as replies:
        reply = replies.readline()
    sender.join()
stamp = reply[:25]
print(
    json.dumps(
        {
            "stamp": stamp.decode(),
            "length": len(reply) - len(stamp) - 1,
            "same": reply[25:-1] == data,
            "sha256": hashlib.sha256(reply[25:-1]).hexdigest(),
        }
    )
)
