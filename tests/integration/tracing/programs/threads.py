"""A hundred threads, each of which asks an echo server over a connection of its own."""

import socket
import threading

COUNT = 100


def serve(listener: socket.socket) -> None:
    for _ in range(COUNT):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(connection.recv(64))


def ask(port: int, number: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"%d" % number)
        assert connection.recv(64) == b"%d" % number


listener = socket.create_server(("127.0.0.1", 0), backlog=COUNT)
threads = [threading.Thread(target=serve, args=(listener,))]
port = listener.getsockname()[1]
threads += [threading.Thread(target=ask, args=(port, one)) for one in range(COUNT)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
