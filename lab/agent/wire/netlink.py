"""Messages of netfilter's netlink family: writes and reads their bytes; knows no subsystem.

Source: netlink(7), linux/netlink.h, linux/netfilter/nfnetlink.h.
"""

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Iterator

NETFILTER = "netfilter's netlink (nfnetlink)"
NETLINK_NETFILTER = 12
REQUEST, ACK, ECHO, EXCLUSIVE, CREATE, APPEND = 0x1, 0x4, 0x8, 0x200, 0x400, 0x800
DUMP = 0x300
_ERROR, _DONE, _OVERRUN = 2, 3, 4
_NESTED = 0x8000
_SOL_NETLINK, _NO_ENOBUFS = 270, 5
_MOST_BYTES = 1 << 16
_SEND_BYTES = 4 << 20
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_GENERAL = struct.Struct(">BBH")  # struct nfgenmsg: family, version, resource
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr
_CODE = struct.Struct("=i")


@contextlib.contextmanager
def part(name: str) -> Iterator[None]:
    """Name the part of the kernel that an OSError is about."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"{name}: {error.strerror}") from error


def attribute(kind: int, data: bytes) -> bytes:
    """Return an attribute, padded."""
    return _ATTRIBUTE.pack(4 + len(data), kind) + data + bytes(-len(data) % 4)


def nested(kind: int, *attributes: bytes) -> bytes:
    """Return an attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(attributes))


def text(kind: int, value: str) -> bytes:
    """Return an attribute that holds a string."""
    return attribute(kind, value.encode() + b"\0")


def number(kind: int, value: int) -> bytes:
    """Return an attribute that holds 32 bits, signed or not, in network order."""
    return attribute(kind, (value & 0xFFFFFFFF).to_bytes(4, "big"))


def message(
    kind: int, flags: int, body: bytes, *, family: int = 0, resource: int = 0, sequence: int = 0
) -> bytes:
    """Return a message; `kind` is subsystem << 8 | the subsystem's own kind."""
    length = _HEADER.size + _GENERAL.size + len(body)
    header = _HEADER.pack(length, kind, flags | REQUEST, sequence, 0)
    return header + _GENERAL.pack(family, 0, resource) + body + bytes(-len(body) % 4)


def connect() -> socket.socket:
    """Return a socket to netfilter. OSError where the kernel has none."""
    with part(NETFILTER):
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    netlink.bind((0, 0))
    # What the socket cannot take is counted by the kernel, and does not end the reading.
    netlink.setsockopt(_SOL_NETLINK, _NO_ENOBUFS, 1)
    # What is sent at once has to fit; the kernel grants what net.core.wmem_max allows.
    netlink.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
    return netlink


def ask(netlink: socket.socket, *messages: bytes) -> list[tuple[int, bytes]]:
    """Send one or more messages, the last of which asks for an acknowledgment, or DUMPs; wait for
    that, or the end of what it dumps.

    Return kind and body of what the kernel said before it: an ECHO of each that asks for one.
    OSError with the kernel's errno when it refuses any of them.
    """
    netlink.send(b"".join(messages))
    said = []
    while True:
        for kind, body in read(netlink.recv(_MOST_BYTES)):
            if kind not in (_ERROR, _DONE):
                said.append((kind, body))
                continue
            if code := -_CODE.unpack_from(body)[0]:
                _forget(netlink)
                raise OSError(code, os.strerror(code))
            return said


def _forget(netlink: socket.socket) -> None:
    """Draw away what the kernel has said besides: each message of a batch may have failed."""
    with contextlib.suppress(BlockingIOError):
        while netlink.recv(_MOST_BYTES, socket.MSG_DONTWAIT):
            pass


def attributes(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and value of each attribute of a netfilter message's body."""
    at = _GENERAL.size
    while at + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        if length < _ATTRIBUTE.size:
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
        yield kind & ~_NESTED, body[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3


def read(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of each message."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        if length < _HEADER.size or kind == _OVERRUN:
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) & ~3 :]
