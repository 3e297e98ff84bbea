"""Waits for data while signals come: once with a handler that ends the call, once without."""

import contextlib
import ctypes
import os
import signal
import socket
import threading

ours, theirs = socket.socketpair()
ours.settimeout(None)
recv = ctypes.CDLL(None, use_errno=True).recv  # Python's own would call it again
handled: list[str] = []
signal.signal(signal.SIGUSR1, lambda *_: handled.append("handled"))
buffer = ctypes.create_string_buffer(10)


def later(action: str) -> None:
    """Signal the first thread once it waits; then send what it waits for."""
    main = threading.main_thread().native_id
    while not waits(main):
        pass
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    if action == "send":
        with contextlib.suppress(TimeoutError):
            threading.Event().wait(0.05)
        theirs.send(b"late")


def waits(tid: int | None) -> bool:
    with open(f"/proc/self/task/{tid}/syscall", encoding="ascii") as file:  # noqa: PTH123
        return file.read().split()[0] == RECVFROM


RECVFROM = "45" if os.uname().machine == "x86_64" else "207"
for restarts, action in ((False, "signal"), (True, "send")):
    signal.siginterrupt(signal.SIGUSR1, not restarts)
    thread = threading.Thread(target=later, args=(action,))
    thread.start()
    got = recv(ours.fileno(), buffer, 10, 0)
    thread.join()
    assert (got, buffer.value) == ((4, b"late") if restarts else (-1, b""))
print(*handled, sep=", ")
