"""A time server over TCP: answers each line with the time and the line.  tcp_server.py [PORT]

What first listings get wrong:
- `connection.close` without parentheses closes nothing. `with` closes, also after an error.
- The listening socket, closed inside the loop, accepts no second client.
- `send` may take a part only; `sendall` sends all.
- One `recv` is not one message: a stream has no boundaries. Here a newline ends a message.
- `listen(5)` is no limit on clients: it bounds the queue of those not yet accepted.
- A client that resets its connection ends its own turn, not the server.
One client is served after the other; services/concurrency has ways to serve several at once.
"""

import socket
import sys
from contextlib import suppress
from time import ctime

port = int(sys.argv[1]) if len(sys.argv) > 1 else 21567

# An empty host means all addresses of the machine. create_server binds and listens; it sets
# SO_REUSEADDR, or a server that is started again would have to wait for old connections.
with suppress(KeyboardInterrupt), socket.create_server(("", port)) as listener:
    print(f"waiting for connections on port {port}", flush=True)
    while True:
        connection, address = listener.accept()
        print(f"connected from {address[0]}", flush=True)
        try:
            with connection, connection.makefile("rb") as lines:
                # At most so many bytes at once: nobody fills the memory with one long line.
                while line := lines.readline(4096):
                    connection.sendall(ctime().encode() + b":" + line)
        except OSError as error:
            print(f"{address[0]}: {error}", flush=True)
        print(f"disconnected from {address[0]}", flush=True)
