"""Makes socket calls as it is told, a JSON line each, and says what came of each.

Asked [ID, SOCKET, CALL, ARGUMENTS], it answers [ID, STATUS, RESULT, BEGAN_S, ENDED_S]. SOCKET is a
number that it gave out, or null. STATUS is "done", or with an error's errno and text as the RESULT
"failed"; times are of the monotonic clock, which all hosts share. Bytes travel as {"bytes": TEXT}
in Latin 1, tuples as {"tuple": LIST}, sockets as {"socket": NUMBER}. Each call has a thread, so
that calls may overlap. A mistake in a question ends the program.
"""

import contextlib
import itertools
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 30  # of every call, so that every question gets an answer
LARGEST = 65_536
sockets: dict[int, socket.socket] = {}
numbers = itertools.count(1)
output = threading.Lock()


def open_socket(family: int, kind: int) -> socket.socket:
    opened = socket.socket(family, kind)
    opened.settimeout(PATIENCE_S)
    return opened


def close_all() -> None:
    """Close every socket; connections are aborted, so that no packet of theirs comes later."""
    while sockets:
        _, one = sockets.popitem()
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()


def accept(listener: socket.socket) -> socket.socket:
    accepted, _ = listener.accept()
    accepted.settimeout(PATIENCE_S)
    return accepted


def send_each(one: socket.socket, messages: list[bytes]) -> None:
    """Make a call of send for each."""
    for message in messages:
        one.send(message)


def receive(one: socket.socket, count: int) -> list[bytes]:
    """Wait for so many datagrams."""
    return [one.recv(LARGEST) for _ in range(count)]


def drain(one: socket.socket) -> list[bytes]:
    """Take what is there now, a call of recv each, without waiting."""
    found: list[bytes] = []
    one.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while not found or found[-1]:
            found.append(one.recv(LARGEST))
    one.settimeout(PATIENCE_S)
    return found


def read(one: socket.socket, count: int) -> bytes:
    """Wait for so many bytes of a stream, or its end."""
    data = b""
    while len(data) < count and (more := one.recv(count - len(data))):
        data += more
    return data


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "accept": accept,
    "send_each": send_each,
    "receive": receive,
    "drain": drain,
    "read": read,
}


def decoded(value: Any) -> Any:
    if isinstance(value, dict) and "bytes" in value:
        return value["bytes"].encode("latin-1")
    if isinstance(value, dict):
        return tuple(value["tuple"])
    if isinstance(value, list):
        return [decoded(one) for one in value]
    return value


def encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, list | tuple):
        return [encoded(one) for one in value]
    if isinstance(value, socket.socket):
        number = next(numbers)
        sockets[number] = value
        return {"socket": number}
    return value


def call(number: int | None, name: str, arguments: list[Any]) -> Any:
    if number is None:
        return open_socket(*arguments) if name == "open" else close_all()
    one = sockets[number]
    if name in FUNCTIONS:
        return FUNCTIONS[name](one, *arguments)
    return getattr(one, name)(*arguments)


def answer(question: str) -> None:
    identity, number, name, arguments = json.loads(question)
    began_s = time.monotonic()
    try:
        status, result = "done", encoded(call(number, name, decoded(arguments)))
    except OSError as error:
        status, result = "failed", [error.errno, str(error)]
    line = json.dumps([identity, status, result, began_s, time.monotonic()])
    with output:
        print(line, flush=True)


def end(mistake: threading.ExceptHookArgs) -> None:
    threading.__excepthook__(mistake)
    sys.stderr.flush()
    os._exit(1)


threading.excepthook = end
for question in sys.stdin:
    threading.Thread(target=answer, args=(question,), daemon=True).start()
