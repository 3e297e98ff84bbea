"""Waits for a second, then says so and ends."""

from messages import ask, connected, end


def main(host: str) -> None:
    """Ask, and print the answer."""
    with connected(host) as connection:
        print(ask(connection, "hello"))


if __name__ == "__main__":
    end(main)
