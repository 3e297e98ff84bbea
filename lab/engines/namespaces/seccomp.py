"""The filter of system calls that each program on a host has: as Docker's default, see seccomp(2).

A list of what is refused, not of what is allowed: it is short enough to be read and checked, on
machines that nobody here has tried too. It is as strict all the same, because calls that are newer
than the list are refused as well. Made here of 8-byte instructions (struct sock_filter), because a
host needs nothing but the standard library; libseccomp is not on every machine.

Programs of another architecture than the machine's, such as 32-bit ones, are ended by SIGSYS.
"""

import ctypes
import errno
import os
import struct
import sys
from functools import cache

from lab.engines.namespaces import refused_calls, syscalls

# AUDIT_ARCH_* of linux/audit.h.
_ARCHITECTURES = {
    "x86_64": 0xC000003E,
    "aarch64": 0xC00000B7,
    "riscv64": 0xC00000F3,
    "ppc64le": 0xC0000015,
    "s390x": 0x80000016,
}
# Offsets in struct seccomp_data: the number, the architecture, the lower half of an argument.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOWER = 0 if sys.byteorder == "little" else 4
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
# Every CLONE_NEW* that clone(2) takes.
_NEW_NAMESPACES = 0x7E020000
# Of socket(2): DECnet, Econet, ATM SVC, IrDA, WANPIPE, IUCV, CAIF, ALG, vsock, and what is newer.
_REFUSED_FAMILIES = (12, 19, 20, 23, 25, 34, 37, 38, 40)
_LAST_FAMILY = 45
# Of personality(2): Linux and 32-bit Linux, with or without UNAME26; and the question what it is.
_PERSONALITIES = (0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
_SET_MODE_FILTER = 1
_NOT_SLOWER = 4  # SECCOMP_FILTER_FLAG_SPEC_ALLOW, as container runtimes have it


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _instruction(_RETURN, _ERRNO | number)


def _if(number: int | None, then: bytes) -> bytes:
    """Return what runs `then`, which returns, for a call of this number; nothing without one."""
    if number is None:
        return b""
    return _instruction(_JUMP_EQUAL, number, 0, len(then) // 8) + then


def _load(argument: int) -> bytes:
    return _instruction(_LOAD, _ARGUMENTS + 8 * argument + _LOWER)


_ALLOWED = _instruction(_RETURN, _ALLOW)


@cache
def program(machine: str) -> bytes:
    """Return the filter for a kind of machine (uname(2)); OSError when there is none for it."""
    columns = [n for n, of in enumerate(refused_calls.MACHINES) if machine in of.split()]
    if not columns:
        raise OSError(errno.ENOSYS, f"no filter of system calls for {machine}")
    (column,) = columns
    eperm = _refuse(errno.EPERM)
    enosys = _refuse(errno.ENOSYS)
    flags = _load(1 if machine == "s390x" else 0)  # clone(2): their order is another there
    parts = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, _ARCHITECTURES[machine], 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_ABOVE, refused_calls.NEWEST, 0, 1),
        enosys,
        # Its flags are in memory, where a filter cannot look: libraries use clone(2) instead.
        _if(refused_calls.CLONE3[column], enosys),
        *(_if(of[column], eperm) for of in refused_calls.REFUSED.values()),
        _if(
            refused_calls.CLONE[column],
            flags + _instruction(_JUMP_ANY_BIT, _NEW_NAMESPACES, 0, 1) + eperm + _ALLOWED,
        ),
        _if(
            refused_calls.SOCKET[column],
            _load(0)
            + b"".join(_if(family, eperm) for family in _REFUSED_FAMILIES)
            + _instruction(_JUMP_ABOVE, _LAST_FAMILY, 0, 1)
            + eperm
            + _ALLOWED,
        ),
        _if(
            refused_calls.PERSONALITY[column],
            _load(0) + b"".join(_if(one, _ALLOWED) for one in _PERSONALITIES) + eperm,
        ),
        _ALLOWED,
    ]
    return b"".join(parts)


def install() -> None:
    """Filter the system calls of this process, and of all that it starts, for good.

    It must have given up new privileges (`syscalls.no_new_privileges`).
    """
    machine = os.uname().machine
    code = program(machine)
    column = next(n for n, of in enumerate(refused_calls.MACHINES) if machine in of.split())
    number = refused_calls.SECCOMP[column]
    held = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: how many instructions, and where they are.
    of_them = struct.pack("@HP", len(code) // 8, ctypes.addressof(held))
    syscalls.call(number, _SET_MODE_FILTER, _NOT_SLOWER, of_them)
