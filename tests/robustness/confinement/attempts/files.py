"""Files, devices and mounts: the host's, the machine's, the kernel's."""

import contextlib
import ctypes
import hashlib
import os
import stat
import struct
from pathlib import Path

from .trying import GIVEN, PLACE, attempt, call, check, libc, opened

MS_RDONLY, MS_REMOUNT, MS_BIND, MNT_DETACH = 1, 32, 4096, 2


def mount(source: str, target: str, kind: str, flags: int) -> None:
    check(libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None))


@attempt("make / writable")
def _remount() -> None:
    mount("none", "/", "", MS_REMOUNT | MS_BIND)
    mount("none", "/", "", MS_REMOUNT | MS_BIND | MS_RDONLY)


@attempt("mount a file system")
def _mount() -> None:
    mount("tmpfs", "/mnt", "tmpfs", 0)
    libc.umount2(b"/mnt", MNT_DETACH)


@attempt("show a folder at another place")
def _bind() -> None:
    mount("/usr", "/mnt", "", MS_BIND)
    libc.umount2(b"/mnt", MNT_DETACH)


@attempt("take off what hides /proc/keys")
def _unmount() -> None:
    check(libc.umount2(b"/proc/keys", MNT_DETACH))


@attempt("mount by fsopen")
def _fsopen() -> None:
    os.close(call("fsopen", b"tmpfs", 0))


@attempt("change the root by pivot_root")
def _pivot_root() -> None:
    call("pivot_root", b"/proc", b"/proc")  # never the right ones


@attempt("chroot")
def _chroot() -> None:
    os.chroot("/")


@attempt("write to /etc")
def _write_etc() -> None:
    place = Path("/etc/attempt")
    place.touch(exist_ok=False)
    place.unlink()


@attempt("change the machine's own files")
def _machines_files() -> str:
    # Where these are what the host has, opened only.
    if Path("/usr").stat().st_ino != GIVEN["usr"]:
        return "not there"
    opened("/usr/lib/os-release")
    return "ok"


@attempt("read what anybody may read on the machine")
def _machines_readable() -> str:
    return "ok" if Path("/usr").stat().st_ino == GIVEN["usr"] else "not there"


@attempt("read the passwords of the machine")
def _shadow() -> str:
    text = Path("/etc/shadow").read_bytes()
    return "ok" if hashlib.sha256(text).hexdigest() == GIVEN["shadow"] else "not there"


@attempt("make a device")
def _mknod() -> None:
    place = PLACE / "device"
    os.mknod(place, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    place.unlink()


@attempt("open the machine's memory")
def _memory() -> str:
    place = PLACE / "memory"
    try:
        os.mknod(place, stat.S_IFCHR | 0o600, os.makedev(1, 1))
        os.close(os.open(place, os.O_RDONLY))
    except OSError:  # which depends on where Docker keeps files
        return "no"
    finally:
        place.unlink(missing_ok=True)
    return "ok"


@attempt("read /proc/kcore")
def _kcore() -> str:
    with contextlib.suppress(FileNotFoundError), Path("/proc/kcore").open("rb") as memory:
        return "ok" if memory.read(1) else "not there"
    return "not there"


@attempt("write to /proc/sys/kernel")
def _proc_sys() -> None:
    opened("/proc/sys/kernel/core_pattern")


@attempt("write to /proc/sys/net")
def _proc_sys_net() -> None:
    opened("/proc/sys/net/ipv4/ip_forward")


@attempt("write to /proc/sysrq-trigger")
def _sysrq() -> str:
    try:
        opened("/proc/sysrq-trigger")
    except OSError:  # which depends on whether the kernel has it
        return "no"
    return "ok"


@attempt("write to /sys")
def _sys() -> None:
    opened("/sys/class/net/lo/tx_queue_len")


@attempt("open a file by its handle")
def _handle() -> None:
    call("open_by_handle_at", -1, struct.pack("Ii8s", 8, 1, b""), os.O_RDONLY)
