"""Prints its pid and its port, and sends back what one client sends, until that ends."""

import os
import socket

listener = socket.create_server(("127.0.0.1", 0))
print(os.getpid(), flush=True)
print(listener.getsockname()[1], flush=True)
connection, _ = listener.accept()
while data := connection.recv(100):
    connection.sendall(data)
