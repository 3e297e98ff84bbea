"""Prints its pid and its port, answers one client, and ends."""

import os
import socket

listener = socket.create_server(("127.0.0.1", 0))
print(os.getpid(), flush=True)
print(listener.getsockname()[1], flush=True)
connection, _ = listener.accept()
connection.sendall(connection.recv(1))
listener.close()
