"""Two threads that send, each over a pair of its own: the first once, the second many times."""

import socket
import threading

begins = threading.Event()


def send_once() -> None:
    one, _other = socket.socketpair()
    begins.set()
    one.send(b"late")


def send_many() -> None:
    one, other = socket.socketpair()
    begins.wait()
    while not is_sending(first.native_id):
        pass
    for _ in range(50):
        one.send(b"x")
        other.recv(1)


def is_sending(tid: int | None) -> bool:
    """Tell whether a thread is stopped by its tracer."""
    with open(f"/proc/self/task/{tid}/stat", encoding="ascii") as file:  # noqa: PTH123
        state = file.read().rpartition(")")[2].split()[0]
    with open(f"/proc/self/task/{tid}/syscall", encoding="ascii") as file:  # noqa: PTH123
        return state == "t" and file.read().split()[0] in {"44", "206"}


first = threading.Thread(target=send_once)
second = threading.Thread(target=send_many)
first.start()
second.start()
first.join()
second.join()
print("done")
