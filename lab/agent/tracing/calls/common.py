"""What several calls read of a program's memory."""

import struct

from lab.agent.tracing import inspection, memory, names, sockaddr
from lab.agent.tracing.task import PendingCall
from lab.agent.tracing.traced_call import FIRST_BYTES

MOST_SHOWN = 16  # of a list that a program passes: buffers, messages, events
_UINT = struct.Struct("=I")
_VECTOR = struct.Struct("=QQ")  # struct iovec


def read(pending: PendingCall, address: int, size: int) -> bytes:
    """Return bytes of the program's memory, or as many as there are."""
    return memory.read(pending.task.tid, address, size)


def uint(pending: PendingCall, address: int) -> int | None:
    """Return an unsigned int of the program's memory; None where there is none."""
    data = read(pending, address, 4)
    return int(_UINT.unpack(data)[0]) if len(data) == 4 else None


def address_at(pending: PendingCall, address: int, size: int) -> str:
    """Return a socket's address that the program passes."""
    return sockaddr.text(read(pending, address, min(size & 0xFFFFFFFF, sockaddr.MOST_BYTES)))


def address_given(pending: PendingCall, address: int, size_at: int) -> str:
    """Return a socket's address that the kernel has written, with its size where that is."""
    if not address:
        return ""
    return address_at(pending, address, uint(pending, size_at) or 0)


def vectors(pending: PendingCall, address: int, count: int) -> list[tuple[int, int]]:
    """Return address and size of the first buffers of a vector (struct iovec)."""
    wanted = min(count, MOST_SHOWN)
    data = read(pending, address, wanted * _VECTOR.size)
    return list(_VECTOR.iter_unpack(data[: len(data) // _VECTOR.size * _VECTOR.size]))


def gathered(pending: PendingCall, buffers: list[tuple[int, int]], size: int) -> bytes:
    """Return the first bytes that are in some buffers, of so many that count."""
    wanted, found = min(size, FIRST_BYTES), b""
    for address, room in buffers:
        if len(found) >= wanted:
            break
        found += read(pending, address, min(room, wanted - len(found)))
    return found


def refresh(pending: PendingCall) -> None:
    """Look at the addresses of the call's socket, where they may have changed."""
    opened = pending.opened
    if opened is None or opened.settled or pending.descriptor is None:
        return
    if (found := inspection.addresses(pending.process.pidfd, pending.descriptor)) is None:
        return
    local, peer = found
    opened.change(local=local, peer=peer or None)
    # One that is connected stays so. A datagram socket may be connected anew, by connect alone.
    opened.settled = bool(local and (peer or opened.state.type == "SOCK_DGRAM"))
    if opened.state.type == "SOCK_DGRAM" and local.endswith(":0"):
        opened.settled = False


def message_flags(value: int) -> str:
    """Return the flags of send(2) and recv(2) by name."""
    return names.mask(names.MESSAGE_FLAGS, value & 0xFFFFFFFF)
