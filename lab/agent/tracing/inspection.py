"""A look at a socket of another process, by a descriptor of one's own for it (pidfd_getfd(2)).

It takes the right to trace that process, and no other: not to read its /proc/PID/fd.
"""

import ctypes
import os
import re
import socket
from pathlib import Path

from lab.agent.tracing import names, sockaddr
from lab.agent.tracing.descriptors import Descriptors, Interest, OpenEpoll, OpenSocket
from lab.agent.tracing.machine import this_machine
from lab.agent.tracing.traced_call import SocketState

_MOST_GUESSED = 256  # descriptors that are tried where /proc/PID/fd cannot be read
_TFD = re.compile(r"^tfd:\s*(\d+) .*?data:\s*([0-9a-f]+)", re.MULTILINE)
_libc = ctypes.CDLL(None, use_errno=True)
_buffer = ctypes.create_string_buffer(sockaddr.MOST_BYTES)
_size = ctypes.c_uint32()
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long


def take(pidfd: int, descriptor: int) -> int | None:
    """Return a descriptor of our own for one of a process; None where there is none."""
    number = this_machine().numbers["pidfd_getfd"]
    got = _syscall(
        ctypes.c_long(number), ctypes.c_int(pidfd), ctypes.c_int(descriptor), ctypes.c_uint(0)
    )
    return got if got >= 0 else None


def addresses(pidfd: int, descriptor: int) -> tuple[str, str] | None:
    """Return the local address and the peer's of a socket; None where it cannot be looked at."""
    own = take(pidfd, descriptor)
    if own is None:
        return None
    try:
        return _address(_libc.getsockname, own), _address(_libc.getpeername, own)
    finally:
        os.close(own)


def look(pidfd: int, descriptor: int) -> OpenSocket | None:
    """Return what a descriptor is, None where it is no socket or cannot be looked at."""
    own = take(pidfd, descriptor)
    if own is None:
        return None
    try:
        kind = _option(own, socket.SO_TYPE)
        if kind is None:
            return None
        family = _option(own, socket.SO_DOMAIN) or 0
        protocol = _option(own, socket.SO_PROTOCOL) or 0
        local, peer = _address(_libc.getsockname, own), _address(_libc.getpeername, own)
        return opened(family, kind, protocol, local, peer)
    finally:
        os.close(own)


def opened(family: int, kind: int, protocol: int, local: str = "", peer: str = "") -> OpenSocket:
    """Return a socket of these values of socket(2)."""
    state = SocketState(
        names.one(names.FAMILIES, family),
        names.one(names.TYPES, kind & 0xF),
        names.protocol(family, kind & 0xF, protocol),
        local,
        peer,
    )
    return OpenSocket(state, family, settled=bool(local and peer))


def is_open(pidfd: int, descriptor: int) -> bool:
    """Tell whether a descriptor is open in a process."""
    own = take(pidfd, descriptor)
    if own is None:
        return False
    os.close(own)
    return True


def table(pid: int, pidfd: int) -> Descriptors:
    """Return the descriptors that a process has now."""
    found = Descriptors()
    for descriptor in _numbers(pid):
        if (one := look(pidfd, descriptor)) is not None:
            found.add(descriptor, one)
    for descriptor in _numbers(pid):
        if descriptor not in found.table and (epoll := _epoll(pid, descriptor, found)):
            found.add(descriptor, epoll)
    return found


def _numbers(pid: int) -> list[int]:
    try:
        return sorted(int(one) for one in os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    except OSError:
        return list(range(_MOST_GUESSED))


def _epoll(pid: int, descriptor: int, known: Descriptors) -> OpenEpoll | None:
    try:
        text = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    found = OpenEpoll()
    for number, data in _TFD.findall(text):
        one = Interest(int(number), int(data, 16), known.table.get(int(number)))
        found.interests[one.descriptor] = one
    return found if found.interests else None


def _option(own: int, number: int) -> int | None:
    value, size = ctypes.c_int(), ctypes.c_uint32(4)
    done = _libc.getsockopt(own, socket.SOL_SOCKET, number, ctypes.byref(value), ctypes.byref(size))
    return value.value if done == 0 else None


def _address(function: "ctypes._NamedFuncPointer", own: int) -> str:
    _size.value = sockaddr.MOST_BYTES
    if function(own, _buffer, ctypes.byref(_size)) < 0:
        return ""
    return sockaddr.text(_buffer.raw[: _size.value])
