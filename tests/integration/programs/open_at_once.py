"""COUNT connections, all kept open; a line on each; counts those answered and those just closed."""

import json
import socket
import sys

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
connections = [socket.create_connection((host, port), timeout=30) for _ in range(count)]
answered = closed = 0
for connection in connections:
    try:
        connection.sendall(b"who is there?\n")
        answer = connection.recv(1024)
    except ConnectionError:  # closed, with our line unread
        answer = b""
    answered += bool(answer)
    closed += not answer
for connection in connections:
    connection.close()
print(json.dumps({"answered": answered, "closed": closed}))
