"""A client over TCP: sends each line that is typed, prints its answer.  tcp_client.py [HOST [PORT]]

It ends at an empty line or the end of input. What first listings get wrong:
- `connection.close` without parentheses closes nothing, and inside the loop, with them, it would
  close after the first answer. `with` closes at the end, also after an error.
- `send` may take a part only; `sendall` sends all.
- One `recv` may give half an answer, or half a character. A line ends with its newline.
- Without a timeout a client waits forever for a server that has vanished.
"""

import socket
import sys

host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 21567

try:
    # Tries each address that the name has. The timeout is for each call on the socket, too.
    with (
        socket.create_connection((host, port), timeout=5) as connection,
        connection.makefile("rb") as answers,
    ):
        while message := input(">: "):
            connection.sendall(message.encode() + b"\n")
            answer = answers.readline()
            if not answer.endswith(b"\n"):
                sys.exit("the server closed the connection")
            print(answer.decode(errors="replace"), end="")
except (EOFError, KeyboardInterrupt):
    print()
except OSError as error:  # gaierror, ConnectionRefusedError, TimeoutError, ...
    sys.exit(f"{host}:{port}: {error}")
