"""A time server for programs of the same machine, on a Unix socket.  unix_server.py [PATH]

The socket's address is a file. What first listings get wrong:
- The file stays when the server ends, and the next `bind` fails with "Address already in use".
- Removing it unasked takes the address away from a server that is still there.
The rest is as over TCP: see tcp_server.py.
"""

import os
import socket
import sys
from contextlib import suppress
from time import ctime

path = sys.argv[1] if len(sys.argv) > 1 else "/tmp/simple.sock"

with suppress(KeyboardInterrupt), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.connect(path)
        sys.exit(f"{path}: another server is there")
    except FileNotFoundError:
        pass
    except ConnectionRefusedError:  # nobody listens any more
        os.unlink(path)
    listener.bind(path)
    listener.listen()
    print(f"waiting for connections on {path}", flush=True)
    while True:
        connection, _ = listener.accept()  # a client has no address of its own
        try:
            with connection, connection.makefile("rb") as lines:
                while line := lines.readline(4096):
                    connection.sendall(ctime().encode() + b":" + line)
        except OSError as error:
            print(error, flush=True)
