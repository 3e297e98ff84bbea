"""Opens connections, completes one exchange on each, and holds them: clients that do nothing.

    python3 clients.py HOST PORT COUNT SERVED

The exchange is the proof that the server really has the client: a connection in the listener's
queue looks the same from here. Only the first SERVED are asked for one. Prints the number held
after each window and then `held`; ends with its standard input, by a signal, or after LONGEST_S.
"""

import signal
import socket
import sys

LONGEST_S = 420
# So many at once as keep all cores of the server busy with starts, without a storm of them.
WINDOW = 32


def main() -> None:
    """Hold them until the end of standard input."""
    host, port, count, served = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    signal.alarm(LONGEST_S)
    address = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    held: list[socket.socket] = []
    while len(held) < count:
        before = len(held)
        for _ in range(min(WINDOW, count - before)):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.connect(address)
            held.append(sock)
        exchange(held[before:served])
        print(len(held), flush=True)
    print("held", flush=True)
    sys.stdin.read()


def exchange(socks: list[socket.socket]) -> None:
    """One line and its answer on each, all under way at once."""
    for sock in socks:
        sock.sendall(b"hello\n")
    for sock in socks:
        answer = b""
        while not answer.endswith(b"\n"):
            piece = sock.recv(4096)
            if not piece:
                sys.exit("the server closed a connection")
            answer += piece


if __name__ == "__main__":
    main()
