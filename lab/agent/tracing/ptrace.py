"""The requests of ptrace(2), and what a stopped thread is stopped for.

Each raises ProcessLookupError where the thread is not stopped any more: it was killed.
"""

import ctypes
import os
import struct

from lab.agent.tracing.machine import this_machine

CONT, SYSCALL = 7, 24
EVENT_FORK, EVENT_VFORK, EVENT_CLONE, EVENT_EXEC = 1, 2, 3, 4
EVENT_EXIT, EVENT_SECCOMP, EVENT_STOP = 6, 7, 128
# PTRACE_GET_SYSCALL_INFO: what a stop is.
NO_CALL, ENTRY, EXIT, SECCOMP = 0, 1, 2, 3
WALL = 0x40000000  # __WALL of waitpid(2): threads, too

_DETACH, _SETOPTIONS, _GETEVENTMSG = 17, 0x4200, 0x4201
_GETREGSET, _SETREGSET = 0x4204, 0x4205
_SEIZE, _INTERRUPT, _LISTEN = 0x4206, 0x4207, 0x4208
_GETSIGMASK, _SETSIGMASK, _GET_SYSCALL_INFO = 0x420A, 0x420B, 0x420E
_GENERAL, _ARM_CALL = 1, 0x404  # NT_PRSTATUS, NT_ARM_SYSTEM_CALL
_FOLLOW = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x80  # SYSGOOD, FORK, VFORK, CLONE, EXEC, SECCOMP
_EXITKILL, _TRACEEXIT = 0x100000, 0x40
_ALL_SIGNALS = (1 << 64) - 1

_libc = ctypes.CDLL(None, use_errno=True)
_request = _libc.ptrace
_request.restype = ctypes.c_long
_request.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
# struct ptrace_syscall_info: what, architecture, counter, stack; number and arguments, or result.
_INFO_BYTES = 88
_info = ctypes.create_string_buffer(_INFO_BYTES)
_info_address = ctypes.addressof(_info)
_call_stop = struct.Struct("=B7xQ8xQ6Q").unpack_from
_architecture = struct.Struct("=4xI").unpack_from
_word = ctypes.c_uint64()
_word_address = ctypes.addressof(_word)


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


def _raise() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), "ptrace")


def seize(tid: int, *, kill_with_tracer: bool) -> None:
    """Attach to a thread without stopping it; what it starts is attached to from the start.

    One that goes on without its tracer stops before it ends: a host's process 1 takes the tracer
    with it.
    """
    options = _FOLLOW | (_EXITKILL if kill_with_tracer else _TRACEEXIT)
    if _request(_SEIZE, tid, None, options) < 0:
        _raise()


def set_options(tid: int, *, kill_with_tracer: bool) -> None:
    """Say anew what is to happen to a stopped thread when the tracer ends."""
    options = _FOLLOW | (_EXITKILL if kill_with_tracer else 0)
    if _request(_SETOPTIONS, tid, None, options) < 0:
        _raise()


def resume(request: int, tid: int, signal: int = 0) -> None:
    """Let a stopped thread go on, with CONT or SYSCALL, and with a signal unless it is 0."""
    if _request(request, tid, None, signal) < 0:
        _raise()


def listen(tid: int) -> None:
    """Leave a thread in the stop of its process (job control) until that is continued."""
    if _request(_LISTEN, tid, None, None) < 0:
        _raise()


def interrupt(tid: int) -> None:
    """Stop a thread that runs; nothing where it is stopped already."""
    if _request(_INTERRUPT, tid, None, None) < 0:
        _raise()


def detach(tid: int, signal: int = 0) -> None:
    """Let a stopped thread go for good."""
    if _request(_DETACH, tid, None, signal) < 0:
        _raise()


def event_message(tid: int) -> int:
    """Return what an event is about: the new child, or who an exec was made by."""
    if _request(_GETEVENTMSG, tid, None, _word_address) < 0:
        _raise()
    return _word.value


def call_stop(tid: int) -> tuple[int, ...]:
    """Return what a thread is stopped for (ENTRY, EXIT, ...), and where it goes on.

    Of a call that begins its number and arguments follow, of one that ends its result (`signed`).
    """
    if _request(_GET_SYSCALL_INFO, tid, _INFO_BYTES, _info_address) < 0:
        _raise()
    return _call_stop(_info)


def architecture(tid: int) -> int:
    """Return the architecture of a stopped thread's program, AUDIT_ARCH_* of linux/audit.h."""
    if _request(_GET_SYSCALL_INFO, tid, _INFO_BYTES, _info_address) < 0:
        _raise()
    return int(_architecture(_info)[0])


def signed(value: int) -> int:
    """Return a register as the signed number that it has."""
    return value - (1 << 64) if value >> 63 else value


def signed_int(value: int) -> int:
    """Return an argument that is an int, from its register."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def registers(tid: int) -> list[int]:
    """Return the general registers of a stopped thread, as words."""
    words = (ctypes.c_uint64 * this_machine().registers)()
    vector = _Vector(ctypes.addressof(words), ctypes.sizeof(words))
    if _request(_GETREGSET, tid, _GENERAL, ctypes.addressof(vector)) < 0:
        _raise()
    return list(words)


def set_registers(tid: int, values: list[int]) -> None:
    """Set the general registers of a stopped thread."""
    words = (ctypes.c_uint64 * len(values))(*(value & _ALL_SIGNALS for value in values))
    vector = _Vector(ctypes.addressof(words), ctypes.sizeof(words))
    if _request(_SETREGSET, tid, _GENERAL, ctypes.addressof(vector)) < 0:
        _raise()


def set_call_number(tid: int, number: int) -> None:
    """Set the number of the call that a thread begins, where it is in no general register."""
    value = ctypes.c_int(number)
    vector = _Vector(ctypes.addressof(value), ctypes.sizeof(value))
    if _request(_SETREGSET, tid, _ARM_CALL, ctypes.addressof(vector)) < 0:
        _raise()


def block_signals(tid: int) -> int:
    """Block every signal of a stopped thread; return what was blocked, for `set_signal_mask`."""
    if _request(_GETSIGMASK, tid, 8, _word_address) < 0:
        _raise()
    before = _word.value
    set_signal_mask(tid, _ALL_SIGNALS)
    return before


def set_signal_mask(tid: int, mask: int) -> None:
    """Set which signals a stopped thread blocks."""
    _word.value = mask
    if _request(_SETSIGMASK, tid, 8, _word_address) < 0:
        _raise()
