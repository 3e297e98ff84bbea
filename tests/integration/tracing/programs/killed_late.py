"""Kills its child, whose call is delayed."""

import os
import signal
import socket

one, other = socket.socketpair()
child = os.fork()
if not child:
    one.send(b"never")
    os._exit(0)


def is_sending() -> bool:
    with open(f"/proc/{child}/stat", encoding="ascii") as file:  # noqa: PTH123
        state = file.read().rpartition(")")[2].split()[0]
    with open(f"/proc/{child}/syscall", encoding="ascii") as file:  # noqa: PTH123
        return state == "t" and file.read().split()[0] in {"44", "206"}


while not is_sending():
    pass
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
