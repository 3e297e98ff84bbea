"""Gives the payment one id, whichever try it is."""

import secrets

from messages import ask, connected, end

TRIES = 2


def main(host: str) -> None:
    """Pay 100, and print the confirmation."""
    payment = secrets.token_hex(8)
    for tries_left in reversed(range(TRIES)):
        try:
            with connected(host, timeout_s=1) as connection:
                print(ask(connection, f"{payment} 100"))
            break
        except (OSError, EOFError):
            if not tries_left:
                raise


if __name__ == "__main__":
    end(main)
