"""Bug: waits for the answer for ever."""

from messages import ask, connected, end


def main(host: str) -> None:
    """Ask, and print the answer."""
    with connected(host, timeout_s=None) as connection:
        print(ask(connection, "hello"))


if __name__ == "__main__":
    end(main)
