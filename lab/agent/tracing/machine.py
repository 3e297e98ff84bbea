"""What differs between kinds of machines: numbers of system calls, registers, instructions.

The numbers are those of asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

# By name: x86_64, aarch64; None: there is none.
_NUMBERS: Mapping[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "connect": (42, 203),
    "shutdown": (48, 210),
    "close": (3, 57),
    "close_range": (436, 436),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "recvmmsg": (299, 243),
    "read": (0, 63),
    "readv": (19, 65),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "preadv2": (327, 286),
    "write": (1, 64),
    "writev": (20, 66),
    "pwrite64": (18, 68),
    "pwritev": (296, 70),
    "pwritev2": (328, 287),
    "sendfile": (40, 71),
    "splice": (275, 76),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "getsockopt": (55, 209),
    "setsockopt": (54, 208),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "epoll_pwait2": (441, 441),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "fcntl": (72, 25),
    "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425),
    "ptrace": (101, 117),
    "restart_syscall": (219, 128),
    "rt_sigreturn": (15, 139),
    "seccomp": (317, 277),
    "prctl": (157, 167),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "kill": (62, 129),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of machine. Registers are places in what NT_PRSTATUS gives, words of 8 bytes.

    `call_register` is where a program puts the number of a call before its instruction;
    `call_set` is where a tracer sets that of a call which has begun, None where there is a regset
    of its own for it (NT_ARM_SYSTEM_CALL).
    """

    name: str
    audit: int  # AUDIT_ARCH_* of linux/audit.h
    instruction_bytes: int  # of the instruction that makes a system call
    registers: int
    arguments: tuple[int, ...]
    result: int
    counter: int  # the program counter
    call_register: int
    call_set: int | None
    numbers: Mapping[str, int]
    names: Mapping[int, str]


def _numbers(column: int) -> Mapping[str, int]:
    found = {name: of[column] for name, of in _NUMBERS.items()}
    return MappingProxyType({name: one for name, one in found.items() if one is not None})


def _machine(name: str, column: int, **values: object) -> Machine:
    numbers = _numbers(column)
    names = MappingProxyType({number: one for one, number in numbers.items()})
    return Machine(name, numbers=numbers, names=names, **values)  # type: ignore[arg-type]


MACHINES = {
    "x86_64": _machine(
        "x86_64",
        0,
        audit=0xC000003E,
        instruction_bytes=2,
        registers=27,  # struct user_regs_struct of sys/user.h
        arguments=(14, 13, 12, 7, 9, 8),
        result=10,
        counter=16,
        call_register=10,
        call_set=15,
    ),
    "aarch64": _machine(
        "aarch64",
        1,
        audit=0xC00000B7,
        instruction_bytes=4,
        registers=34,  # struct user_pt_regs of asm/ptrace.h
        arguments=(0, 1, 2, 3, 4, 5),
        result=0,
        counter=32,
        call_register=8,
        call_set=None,
    ),
}


@cache
def this_machine() -> Machine:
    """Return what this machine is; OSError where programs cannot be traced on it."""
    name = os.uname().machine
    if name not in MACHINES:
        raise OSError(38, f"programs cannot be traced on {name}")
    return MACHINES[name]
