"""Sends nine bytes by each call, or receives them by the one that is named; prints what came."""

import os
import socket
import sys
from collections.abc import Callable

ours, theirs = socket.socketpair()
DATA = b"part rest"
SEND: dict[str, Callable[[], int]] = {
    "sendto": lambda: ours.send(DATA),
    "write": lambda: os.write(ours.fileno(), DATA),
    "writev": lambda: os.writev(ours.fileno(), [DATA[:3], DATA[3:]]),
    "sendmsg": lambda: ours.sendmsg([DATA[:3], DATA[3:]]),
}


def readv() -> bytes:
    parts = [bytearray(3), bytearray(20)]
    size = os.readv(theirs.fileno(), parts)
    return b"".join(parts)[:size]


def recvmsg() -> bytes:
    parts = [bytearray(3), bytearray(20)]
    size = theirs.recvmsg_into(parts)[0]
    return b"".join(parts)[:size]


RECEIVE: dict[str, Callable[[], bytes]] = {
    "recvfrom": lambda: theirs.recv(100),
    "read": lambda: os.read(theirs.fileno(), 100),
    "readv": readv,
    "recvmsg": recvmsg,
}
if len(sys.argv) > 1:
    ours.send(DATA)
    data = RECEIVE[sys.argv[1]]()
    print(sys.argv[1], len(data), data)
else:
    for name, send in SEND.items():
        sent = send()
        data = theirs.recv(100)
        if sent < len(DATA):
            print(name, sent, data)
