"""Receives until it has as many bytes as the message says it has."""

from messages import ask, connected, end


def main(host: str) -> None:
    """Ask for the page; print how long it is."""
    with connected(host) as connection:
        page = ask(connection, "the page").encode()
        print(len(page), "bytes, the last line:", page.splitlines()[-1:])


if __name__ == "__main__":
    end(main)
