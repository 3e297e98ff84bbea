"""Bug: believes whatever length it reads, and waits for as many bytes."""

import struct

from messages import connected, end

MOST_AT_ONCE = 4096


def main(host: str) -> None:
    """Ask, and print the answer."""
    with connected(host, timeout_s=None) as connection, connection.makefile("rb") as file:
        connection.sendall(b"?")
        length, _checksum = struct.unpack("!II", file.read(8))
        answer = b""
        while len(answer) < length:
            more = file.read1(min(length - len(answer), MOST_AT_ONCE))
            if not more:
                raise EOFError("the answer is cut short")
            answer += more
        print(answer.decode())


if __name__ == "__main__":
    end(main)
