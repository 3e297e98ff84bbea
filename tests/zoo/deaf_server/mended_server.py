"""An error of one client ends that one's connection, and no more."""

import socket
import sys
import threading

from messages import PORT, receive, send

IDLE_S = 0.5


def accept_all(door: socket.socket) -> None:
    """Answer one client after the other."""
    while True:
        try:
            connection, _ = door.accept()
            with connection:
                connection.settimeout(IDLE_S)
                send(connection, receive(connection).upper())
        except (OSError, EOFError) as error:
            print(error, file=sys.stderr, flush=True)


with socket.create_server(("", PORT)) as door:
    threading.Thread(target=accept_all, args=(door,), daemon=True).start()
    threading.Event().wait()
