"""Ten short messages to and fro: `ping_pong.py server`, and `ping_pong.py client HOST`.

An exchange of about forty packets, with those that begin and end its connection.
"""

import socket
import sys

_PORT, _ROUNDS, _TIMEOUT_S = 9000, 10, 0.5


def serve() -> None:
    """Answer one connection after the other."""
    server = socket.create_server(("", _PORT))
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(_TIMEOUT_S)
            try:
                while data := connection.recv(64):
                    connection.sendall(data)
            except OSError:
                continue


def ask(host: str) -> None:
    """Send each message when the one before has come back."""
    address = socket.gethostbyname(host), _PORT
    with socket.create_connection(address, timeout=2) as connection:
        for number in range(_ROUNDS):
            connection.sendall(b"%d" % number)
            connection.recv(64)
    print("done")


if __name__ == "__main__":
    serve() if sys.argv[1] == "server" else ask(sys.argv[2])
