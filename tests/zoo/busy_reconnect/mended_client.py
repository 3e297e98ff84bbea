"""Waits longer for each answer, and before each new connection."""

import socket
import time

from messages import PORT, ask, end

FIRST_S, TRIES = 0.3, 3


def main(host: str) -> None:
    """Ask, and print the answer."""
    address = socket.gethostbyname(host), PORT
    for number in range(TRIES):
        patience_s = FIRST_S * 2**number
        try:
            with socket.create_connection(address, timeout=patience_s) as connection:
                print(ask(connection, "hello"))
            break
        except (OSError, EOFError):
            if number + 1 == TRIES:
                raise
            time.sleep(patience_s / 2)


if __name__ == "__main__":
    end(main)
