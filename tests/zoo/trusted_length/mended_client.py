"""Refuses a length that no answer has, checks the sum, and waits for a second at the most."""

from messages import connected, end, receive


def main(host: str) -> None:
    """Ask, and print the answer."""
    with connected(host) as connection:
        connection.sendall(b"?")
        print(receive(connection))


if __name__ == "__main__":
    end(main)
