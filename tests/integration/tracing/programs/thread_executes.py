"""A thread that is not the first runs another program, while the first waits for data."""

import os
import socket
import sys
import threading

ours, theirs = socket.socketpair()
CODE = "import socket; a, b = socket.socketpair(); a.send(b'after exec'); print('executed')"


RECVFROM = "45" if os.uname().machine == "x86_64" else "207"


def waits() -> bool:
    """Tell whether the first thread sleeps in its call, and is not stopped at its beginning."""
    with open(f"/proc/self/task/{os.getpid()}/stat", encoding="ascii") as file:  # noqa: PTH123
        state = file.read().rpartition(")")[2].split()[0]
    with open(f"/proc/self/task/{os.getpid()}/syscall", encoding="ascii") as file:  # noqa: PTH123
        return state == "S" and file.read().split()[0] == RECVFROM


def execute() -> None:
    while not waits():
        pass
    os.execv(sys.executable, [sys.executable, "-S", "-c", CODE])  # noqa: S606


threading.Thread(target=execute).start()
theirs.recv(1)
