"""COUNT connections, all open at once; then a message on each, then the reply of each."""

import json
import socket
import sys

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
connections = [socket.create_connection((host, port), timeout=30) for _ in range(count)]
for number, connection in enumerate(connections):
    connection.sendall(b"client %d\n" % number)
right = 0
for number, connection in enumerate(connections):
    with connection.makefile("rb") as replies:
        right += replies.readline().endswith(b":client %d\n" % number)
addresses = {connection.getsockname() for connection in connections}
for connection in connections:
    connection.close()
print(json.dumps({"right": right, "addresses": len(addresses)}))
