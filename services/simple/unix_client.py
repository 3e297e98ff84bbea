"""A client on a Unix socket: sends each line, prints its answer.  unix_client.py [PATH]

It ends at an empty line or the end of input. No file at PATH is FileNotFoundError; a file that
nobody listens on any more is ConnectionRefusedError. The rest is as over TCP: see tcp_client.py.
"""

import socket
import sys

path = sys.argv[1] if len(sys.argv) > 1 else "/tmp/simple.sock"

try:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(path)
        with connection.makefile("rb") as answers:
            while message := input(">: "):
                connection.sendall(message.encode() + b"\n")
                answer = answers.readline()
                if not answer.endswith(b"\n"):
                    sys.exit("the server closed the connection")
                print(answer.decode(errors="replace"), end="")
except (EOFError, KeyboardInterrupt):
    print()
except OSError as error:
    sys.exit(f"{path}: {error}")
