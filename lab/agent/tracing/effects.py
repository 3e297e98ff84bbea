"""What a fault does to a call that begins; after it a program finds its own values again."""

import struct
from collections.abc import Callable

from lab.agent.tracing import memory
from lab.agent.tracing.injection import set_argument
from lab.agent.tracing.task import PendingCall

_WORD = struct.Struct("=Q")
_VECTOR_BYTES = 16  # struct iovec: where, and how many bytes
_MOST_VECTORS = 1024  # IOV_MAX
_VECTORS_AT, _COUNT_AT = 16, 24  # msg_iov and msg_iovlen of struct msghdr
Undo = Callable[[], None]


def shorten(pending: PendingCall, count: int) -> Undo | None:
    """Let a call that begins move so many bytes at most; return what undoes that at its end.

    None where it moves no more anyway. OSError where the program's memory cannot be written.
    """
    place = pending.kind.count
    if place is None:
        return None
    if place >= 0:
        return _shorten_argument(pending, place, count)
    if place == -1:
        address, vectors = pending.arguments[1:3]
        cut = _cut(pending, address, vectors & 0xFFFFFFFF, count)
        if cut is None:
            return None
        number, undo = cut
        return _both(_set(pending, 2, number), undo)
    header = pending.arguments[1]
    address, vectors = (_read(pending, header + at) for at in (_VECTORS_AT, _COUNT_AT))
    cut = _cut(pending, address, vectors, count)
    if cut is None:
        return None
    number, undo = cut
    return _both(_write(pending, header + _COUNT_AT, number), undo)


def _shorten_argument(pending: PendingCall, place: int, count: int) -> Undo | None:
    return _set(pending, place, count) if pending.arguments[place] > count else None


def _cut(pending: PendingCall, address: int, vectors: int, count: int) -> tuple[int, Undo] | None:
    """End a vector after so many bytes; return how many buffers it has now, and what undoes it."""
    for number in range(min(vectors, _MOST_VECTORS)):
        place = address + number * _VECTOR_BYTES + 8
        size = _read(pending, place)
        if size > count:
            return number + 1, _write(pending, place, count)
        count -= size
        if not count:
            return (number + 1, _nothing) if number + 1 < vectors else None
    return None


def _nothing() -> None:
    pass


def _both(first: Undo, second: Undo) -> Undo:
    def undo() -> None:
        first()
        second()

    return undo


def _set(pending: PendingCall, place: int, value: int) -> Undo:
    tid = pending.task.tid
    set_argument(tid, place, value)
    return lambda: set_argument(tid, place, pending.arguments[place])


def _read(pending: PendingCall, address: int) -> int:
    data = memory.read(pending.task.tid, address, _WORD.size)
    return int(_WORD.unpack(data)[0]) if len(data) == _WORD.size else 0


def _write(pending: PendingCall, address: int, value: int) -> Undo:
    tid = pending.task.tid
    before = memory.read(tid, address, _WORD.size)
    memory.write(tid, address, _WORD.pack(value))
    return lambda: memory.write(tid, address, before)
