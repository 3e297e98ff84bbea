"""Bug: its pool takes a connection back after an error, and hands out the dead one again."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from messages import ask, connected, end

QUESTIONS = ("one", "two", "three")
pool: list[socket.socket] = []


@contextmanager
def pooled(host: str) -> Iterator[socket.socket]:
    """Lend a connection of the pool; make one where there is none."""
    connection = pool.pop() if pool else connected(host)
    try:
        yield connection
    finally:
        pool.append(connection)


def main(host: str) -> None:
    """Ask three times; one that fails is tried once more."""
    for question in QUESTIONS:
        try:
            with pooled(host) as connection:
                answer = ask(connection, question)
        except (OSError, EOFError) as error:
            print(f"{error}: trying again", file=sys.stderr)
            with pooled(host) as connection:
                answer = ask(connection, question)
        print(answer)


if __name__ == "__main__":
    end(main)
