"""A thread that is not the first runs another program, while the first waits for data."""

import os
import socket
import sys
import threading

ours, theirs = socket.socketpair()
CODE = "import socket; a, b = socket.socketpair(); a.send(b'after exec'); print('executed')"


def execute() -> None:
    ours.recv(1)
    os.execv(sys.executable, [sys.executable, "-S", "-c", CODE])  # noqa: S606


threading.Thread(target=execute).start()
theirs.send(b"x")
theirs.recv(1)
