"""The memory of a traced process (process_vm_readv(2)).

What is not mapped, or is gone, reads as less than was asked for: a program may pass any address.
"""

import ctypes
import os

MOST_BYTES = 65_536


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


_libc = ctypes.CDLL(None, use_errno=True)
_signature = (
    *(ctypes.c_int, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong),
    ctypes.c_ulong,
)
_readv, _writev = _libc.process_vm_readv, _libc.process_vm_writev
_readv.restype = _writev.restype = ctypes.c_ssize_t
_readv.argtypes = _writev.argtypes = _signature
_buffer = bytearray(MOST_BYTES)
_view = memoryview(_buffer)
_held = (ctypes.c_char * MOST_BYTES).from_buffer(_buffer)
_here, _there = _Vector(ctypes.addressof(_held), 0), _Vector(0, 0)
_here_address, _there_address = ctypes.addressof(_here), ctypes.addressof(_there)


def read(pid: int, address: int, size: int) -> bytes:
    """Return so many bytes, or as many as there are up to the first that cannot be read."""
    if size <= 0 or not address:
        return b""
    _here.size = _there.size = min(size, MOST_BYTES)
    _there.base = address
    got = _readv(pid, _here_address, 1, _there_address, 1, 0)
    return bytes(_view[:got]) if got > 0 else b""


def write(pid: int, address: int, data: bytes) -> None:
    """Write bytes; OSError where they cannot be written."""
    _view[: len(data)] = data
    _here.size = _there.size = len(data)
    _there.base = address
    if _writev(pid, _here_address, 1, _there_address, 1, 0) != len(data):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "process_vm_writev")
