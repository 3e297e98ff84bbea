"""A client over UDP: sends each line that is typed, prints its answer.  udp_client.py [HOST [PORT]]

It ends at an empty line or the end of input. What first listings get wrong:
- A datagram, or its answer, may be lost: without a timeout the client waits forever for it.
- An answer may come late, or twice: it is of this question only if it ends with its bytes.
- Anybody may send to the socket. After `connect` only the server's datagrams are received, and
  ICMP errors are reported: a server that is not there is ConnectionRefusedError.
"""

import socket
import sys

LONGEST, TRIES = 65_535, 3

host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 21567

try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((host, port))  # sends nothing
        client.settimeout(1)
        while message := input(">: ").encode():
            for _ in range(TRIES):
                try:
                    client.send(message)
                    while not (answer := client.recv(LONGEST)).endswith(b":" + message + b"\n"):
                        pass
                    print(answer.decode(errors="replace"), end="")
                    break
                except TimeoutError:
                    print("no answer", file=sys.stderr)
            else:
                sys.exit(f"{host}:{port}: gave up after {TRIES} tries")
except (EOFError, KeyboardInterrupt):
    print()
except OSError as error:
    sys.exit(f"{host}:{port}: {error}")
