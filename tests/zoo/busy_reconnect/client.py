"""Bug: without an answer it connects again at once, and again, as long as it has time."""

import socket
import time

from messages import PORT, ask, end

PATIENCE_S = 3.0
ANSWER_S = 0.05


def main(host: str) -> None:
    """Ask, and print the answer."""
    address = socket.gethostbyname(host), PORT
    until_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            with socket.create_connection(address, timeout=ANSWER_S) as connection:
                print(ask(connection, "hello"))
            break
        except (OSError, EOFError):
            if time.monotonic() > until_s:
                raise


if __name__ == "__main__":
    end(main)
