"""Makes each call several times, and prints what came of each: 0, or the name of the errno.

By the C library itself: Python's own calls are made again after EINTR. Nothing else makes any.
"""

import ctypes
import errno
import os
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
TIMES = 3
HOST = socket.inet_aton("127.0.0.1")
ANY = struct.pack("=H2s4s8x", socket.AF_INET, b"\0\0", HOST)


def call(function: str, name: str, *arguments: object) -> int:
    """Make a call by the function that makes it."""
    result: int = getattr(libc, function)(*arguments)
    print(name, "0" if result >= 0 else errno.errorcode[ctypes.get_errno()])
    return result


def again(function: str, name: str, *arguments: object) -> int:
    """Make a call until it succeeds."""
    while (result := call(function, name, *arguments)) < 0:
        pass
    return result


listener = again("socket", "socket", socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, 0)
again("bind", "bind", listener, ANY, len(ANY))
libc.listen(listener, TIMES)
address = ctypes.create_string_buffer(ANY, len(ANY))
libc.getsockname(listener, address, ctypes.byref(ctypes.c_uint32(len(ANY))))
clients = []
for _ in range(TIMES):
    clients.append(again("socket", "socket", socket.AF_INET, socket.SOCK_STREAM, 0))
    call("connect", "connect", clients[-1], address, len(ANY))
for _ in range(2):
    call("accept4", "accept4", listener, None, None, 0)
for _ in range(TIMES - 1):
    own = again("socket", "socket", socket.AF_INET, socket.SOCK_STREAM, 0)
    call("bind", "bind", own, ANY, len(ANY))
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for number in range(TIMES):
    message = b"message %d" % number
    call("send", "sendto", one.fileno(), message, len(message), 0)
buffer = ctypes.create_string_buffer(64)
for _ in range(2):
    call("recv", "recvfrom", other.fileno(), buffer, len(buffer), socket.MSG_DONTWAIT)
on = ctypes.c_int(1)
option = (socket.SOL_SOCKET, socket.SO_PASSCRED, ctypes.byref(on), ctypes.sizeof(on))
for _ in range(10):
    call("setsockopt", "setsockopt", one.fileno(), *option)
for own in clients:
    call("close", "close", own)
sys.stdout.flush()
os._exit(0)
