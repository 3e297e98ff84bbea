"""The lab's user namespaces.

In the outer one the person who started the lab is root, and owns the network, mount and pid
namespaces of every host. In the inner one that person is the user `lab`: programs run there, with
no right over any of them. A process that is not to be within reach of these has one of its own,
beside it. Which other users all have is for `idmap`. See user_namespaces(7).
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lab.engines.namespaces import idmap, syscalls
from lab.engines.namespaces.idmap import USER_ID
from lab.errors import UnsupportedError

if TYPE_CHECKING:  # each program on a host waits for what is loaded here
    from lab.engines.namespaces.spec import User


class Outer:
    """The outer user namespace, into which this process moves as soon as this is made.

    The process must have one thread. It is root there once it is `mapped`, which takes a moment;
    its rights it has at once.
    """

    def __init__(self) -> None:
        self._ids = os.geteuid(), os.getegid()
        self._mapper = 0
        try:
            ranges = idmap.ranges()
        except UnsupportedError:
            self._enter()
            return
        entered, entered_write = os.pipe()
        process = int(Path("/proc/self").readlink().name)
        self._mapper = os.fork()
        if self._mapper == 0:
            os.close(entered_write)
            mapped = False
            with contextlib.suppress(OSError):
                # Until this process is in its namespace; nothing, if it has ended.
                mapped = bool(os.read(entered, 1)) and idmap.map_outer(process, ranges)
            os._exit(0 if mapped else 1)
        os.close(entered)
        self._enter()
        os.write(entered_write, b"\n")
        os.close(entered_write)

    @staticmethod
    def _enter() -> None:
        syscalls.unshare(syscalls.CLONE_NEWUSER)
        # First, or it could not even write its own maps; and others could not enter the hosts.
        syscalls.let_owner_look()

    def mapped(self) -> bool:
        """Wait until this process is root there; tell whether there are other users, too."""
        if self._mapper and os.waitpid(self._mapper, 0)[1] == 0:
            return True
        _map_one(Path("/proc/self"), 0, *self._ids)
        return False


def make_inner(*, others: bool) -> int:
    """Make the inner user namespace; return a descriptor that keeps it and that setns(2) takes.

    With `others` it has all the users of the outer one.
    """
    pids, pids_write = os.pipe()
    control, control_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(control_write)
        syscalls.unshare(syscalls.CLONE_NEWUSER)
        syscalls.let_owner_look()
        # By its number in /proc, which may be of another pid namespace than this one.
        os.write(pids_write, str(Path("/proc/self").readlink()).encode())
        os.read(control, 1)  # until its parent ends, at the latest
        os._exit(0)
    os.close(pids_write)  # or its end, if it is killed now, would not be seen
    place = Path("/proc", os.read(pids, 32).decode() or "ended")
    if others:
        for name in ("gid_map", "uid_map"):
            (place / name).write_text(idmap.inner())
    else:
        _map_one(place, USER_ID, 0, 0)
    descriptor = os.open(place / "ns/user", os.O_RDONLY)
    os.close(control_write)
    os.waitpid(child, 0)
    for end in (pids, control):
        os.close(end)
    return descriptor


def as_outer() -> str:
    """Return the map of a user namespace below the outer one with the same users.

    To be called in the outer one.
    """
    lines = map(str.split, Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines())
    return "".join(f"{inside} {inside} {count}\n" for inside, _, count in lines)


def as_inner() -> str:
    """Return the map of a user namespace below the outer one with the users of the inner one."""
    has_others = as_outer().count("\n") > 1
    return idmap.inner() if has_others else f"{USER_ID} 0 1\n"


def enter_own(users: str) -> None:
    """Move this process, which is in the outer user namespace, into a new one with this map.

    It has every right there, and none over what the outer one owns.
    """
    entered, entered_write = os.pipe()
    process = int(Path("/proc/self").readlink().name)
    mapper = os.fork()
    if mapper == 0:
        os.close(entered_write)
        mapped = False
        with contextlib.suppress(OSError):
            if os.read(entered, 1):
                for name in ("gid_map", "uid_map"):
                    Path("/proc", str(process), name).write_text(users)
                mapped = True
        os._exit(0 if mapped else 1)
    os.close(entered)
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    syscalls.let_owner_look()  # or the mapper could not write there
    os.write(entered_write, b"\n")
    os.close(entered_write)
    if os.waitpid(mapper, 0)[1]:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), "users of a user namespace")


def _map_one(place: Path, inside: int, user: int, group: int) -> None:
    """Map one user and group, where there is no map yet: one of two may have been taken."""
    if not (place / "gid_map").read_text(encoding="ascii"):
        # Without rights a process may map only itself, and must give up setgroups(2) first.
        (place / "setgroups").write_text("deny")
        (place / "gid_map").write_text(f"{inside} {group} 1")
    if not (place / "uid_map").read_text(encoding="ascii"):
        (place / "uid_map").write_text(f"{inside} {user} 1")


def become(user: User) -> None:
    """Make this process, which has every right in the inner user namespace, a user's there."""
    try:
        # As in a container: its outputs are the program's own, to be opened anew (/dev/stdout).
        for output in (1, 2):
            os.fchown(output, user.uid, user.gid)
        os.setgroups([user.gid])
        os.setresgid(user.gid, user.gid, user.gid)
        os.setresuid(user.uid, user.uid, user.uid)
    except OSError as error:
        text = f"no user {user.uid}: {error.strerror}"
        raise OSError(error.errno, text) from error
    syscalls.keep_capabilities(user.capabilities)
