"""The system calls that Python 3.11 has no names for. Nothing here knows what a lab is.

Each raises OSError as the rest of `os` does. See unshare(2), setns(2), mount(2), pivot_root(2),
mount_setattr(2), prctl(2).
"""

import ctypes
import errno
import os
import select
import signal
import struct
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_SYNCHRONOUS = 16
MS_REMOUNT = 32
MS_DIRSYNC = 128
MS_NOATIME = 1024
MS_NODIRATIME = 2048
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_RELATIME = 1 << 21
MS_STRICTATIME = 1 << 24
MNT_DETACH = 2

_OUR_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_CAPABILITY_VERSION = 0x20080522
_PR_SET_NAME = 15
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
# The same on every architecture since Linux 5.2.
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def call(number: int, *arguments: int | bytes) -> None:
    """Make a system call for which the C library has no function."""
    words = (a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments)
    _check(_libc.syscall(ctypes.c_long(number), *words), f"system call {number}")


def unshare(flags: int) -> None:
    """Move this process into new namespaces of these kinds (CLONE_NEWPID: its children)."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Move this process into the namespace that the descriptor of /proc/PID/ns/* names."""
    _check(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount; the path at fault is in the error."""
    result = _libc.mount(
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _check(result, target)


def make_read_only(target: str) -> None:
    """Make a mount, and every mount below it, read-only, and without set-user-ID files."""
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        target.encode(),
        ctypes.c_uint(_AT_RECURSIVE),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    _check(result, target)


def pivot_root(new_root: str) -> None:
    """Make a mount the root of this mount namespace, and let go of the old one."""
    os.chdir(new_root)
    # pivot_root(2), Notes: the old root lands on top of the new one, and is then taken off.
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    _check(_libc.syscall(ctypes.c_long(number), b".", b"."), new_root)
    _check(_libc.umount2(b".", MNT_DETACH), new_root)
    os.chdir("/")


def set_host_name(name: str) -> None:
    """Set the name of this UTS namespace."""
    encoded = name.encode()
    _check(_libc.sethostname(encoded, ctypes.c_size_t(len(encoded))), "sethostname")


def default_signals() -> None:
    """Undo what Python (SIGPIPE, SIGXFSZ) and we have set, for the program of the next exec."""
    for number in (*_OUR_SIGNALS, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


class Title:
    """What ps(1) shows of a process: looked up once, so that forks can have one of their own."""

    def __init__(self) -> None:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        # Where the command line is in memory: fields 48 and 49 (proc(5)); 3 is the first here.
        self._start, end = int(fields[48 - 3]), int(fields[49 - 3])
        self._room = end - self._start if self._start else 0

    def show(self, *words: str) -> None:
        """Go by the first of the words, and by all as command line, as far as there is room."""
        name = ctypes.create_string_buffer(words[0].encode())
        _check(_libc.prctl(_PR_SET_NAME, name, 0, 0, 0), "prctl")
        if self._room:
            line = "\0".join(words).encode()[: self._room - 1]
            ctypes.memmove(self._start, line.ljust(self._room, b"\0"), self._room)


def let_owner_look() -> None:
    """Let this process's own user open its /proc/PID/ns and fd, as after an exec."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def keep_capabilities(kept: int = 0) -> None:
    """Give up every capability of this process in its user namespace, but those of the bits.

    See capset(2). What is not permitted can never be had again.
    """
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    data = struct.pack("IIIIII", low, low, 0, high, high, 0)
    _check(_libc.capset(header, data), "capset")


def keep_bounding_set(kept: int = 0) -> None:
    """Let no program that this process runs have other capabilities than those of the bits.

    Takes the right CAP_SETPCAP (capabilities(7)).
    """
    for number in range(64):
        if kept >> number & 1:
            continue
        if _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) < 0:
            if ctypes.get_errno() == errno.EINVAL and number:  # this kernel has no more
                return
            _check(-1, "prctl")


def end_with(parent: int) -> None:
    """End this process by SIGKILL when its parent, of this pidfd, ends; now, if it has ended.

    Holds beyond exec, until the program changes its rights (PR_SET_PDEATHSIG of prctl(2)).
    """
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if select.select([parent], [], [], 0)[0]:
        os._exit(128 + signal.SIGKILL)


def no_new_privileges() -> None:
    """Let no program that this process runs gain rights by set-user-ID or file capabilities."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
