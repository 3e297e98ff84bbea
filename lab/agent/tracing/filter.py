"""The filters of system calls that stop a traced program at those of interest (seccomp(2)).

There are three, each installed when it is first needed, because a filter can only be added:
SOCKETS stops at calls that only sockets have, so a program without sockets is not stopped at all;
FILES stops at those that any file has (read, close, poll, ...); LOW at these on the descriptors 0
to 2, which FILES leaves out, as they rarely are sockets and are often written to.

Calls of another architecture than the machine's pass: the tracer says so when such a program
begins.
"""

import struct
import sys
from collections.abc import Iterable
from enum import IntEnum

from lab.agent.tracing.machine import Machine

# Offsets in struct seccomp_data.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOWER = 0 if sys.byteorder == "little" else 4
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _RETURN = 0x20, 0x15, 0x25, 0x06
_TRACE, _ALLOW = 0x7FF00000, 0x7FFF0000
_LAST_LOW = 2
INSTRUCTION_BYTES = 8

ON_SOCKETS = (
    *("socket", "socketpair", "bind", "listen", "accept", "accept4", "connect", "shutdown"),
    *("sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg"),
    *("getsockname", "getpeername", "getsockopt", "setsockopt"),
    *("pidfd_getfd", "io_uring_setup", "ptrace"),
)
# The first argument is a descriptor.
ON_FILES = (
    *("read", "readv", "pread64", "preadv", "preadv2", "sendfile"),
    *("write", "writev", "pwrite64", "pwritev", "pwritev2", "close", "dup"),
)
ON_SEVERAL = (
    *("splice", "close_range", "dup2", "dup3", "poll", "ppoll", "select", "pselect6"),
    *("epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
)
_DUPLICATING = (0, 1030)  # F_DUPFD, F_DUPFD_CLOEXEC of fcntl(2)


class Stage(IntEnum):
    """How many of the filters are installed."""

    NONE = 0
    SOCKETS = 1
    FILES = 2
    LOW = 3


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


_TRACED = _instruction(_RETURN, _TRACE)
_ALLOWED = _instruction(_RETURN, _ALLOW)


def _load(argument: int) -> bytes:
    return _instruction(_LOAD, _ARGUMENTS + 8 * argument + _LOWER)


def _if(number: int, then: bytes) -> bytes:
    return _instruction(_JUMP_EQUAL, number, 0, len(then) // INSTRUCTION_BYTES) + then


def program(stage: Stage, machine: Machine) -> bytes:
    """Return the filter of a stage, which the one before does not hold."""
    body = b"".join(_body(stage, machine))
    return b"".join(
        [
            _instruction(_LOAD, _ARCHITECTURE),
            _instruction(_JUMP_EQUAL, machine.audit, 1, 0),
            _ALLOWED,
            _instruction(_LOAD, _NUMBER),
            body,
            _ALLOWED,
        ]
    )


def _body(stage: Stage, machine: Machine) -> Iterable[bytes]:
    known = machine.numbers
    if stage == Stage.SOCKETS:
        yield from (_if(known[name], _TRACED) for name in ON_SOCKETS)
        return
    low = stage == Stage.LOW
    above, not_above = (_ALLOWED, _TRACED) if low else (_TRACED, _ALLOWED)
    on_file = _load(0) + _instruction(_JUMP_ABOVE, _LAST_LOW, 0, 1) + above + not_above
    yield from (_if(known[name], on_file) for name in ON_FILES)
    if not low:
        yield from (_if(known[name], _TRACED) for name in ON_SEVERAL if name in known)
        commands = b"".join(_if(one, _TRACED) for one in _DUPLICATING)
        yield _if(known["fcntl"], _load(1) + commands + _ALLOWED)
