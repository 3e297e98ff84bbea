"""The lab's two user namespaces.

In the outer one the person who started the lab is root, and owns the network, mount and pid
namespaces of every host. In the inner one that person is the user `lab`: programs run there, with
no right over any of them. See user_namespaces(7).
"""

import os
from pathlib import Path

from lab.engines.namespaces import syscalls

USER_ID = 800  # as in the images (Dockerfile)


def become_root() -> None:
    """Move this process, which must have one thread, into a new user namespace, as its root."""
    user, group = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    # First, or it could not even write its own maps; and others could not enter the hosts.
    syscalls.let_owner_look()
    _map(Path("/proc/self"), 0, user, group)


def make_inner() -> int:
    """Make the inner user namespace; return a descriptor that keeps it and that setns(2) takes."""
    there, here = os.pipe()
    lifeline, held = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)
        syscalls.unshare(syscalls.CLONE_NEWUSER)
        syscalls.let_owner_look()
        # By its number in /proc, which may be of another pid namespace than this one.
        os.write(here, str(Path("/proc/self").readlink()).encode())
        os.read(lifeline, 1)  # until its parent ends, at the latest
        os._exit(0)
    os.close(here)  # or its end, if it is killed now, would not be seen
    place = Path("/proc", os.read(there, 32).decode() or "ended")
    _map(place, USER_ID, 0, 0)
    descriptor = os.open(place / "ns/user", os.O_RDONLY)
    os.close(held)
    os.waitpid(child, 0)
    for end in (there, lifeline):
        os.close(end)
    return descriptor


def _map(place: Path, inside: int, user: int, group: int) -> None:
    # Without rights a process may map only itself, and must give up setgroups(2) first.
    (place / "setgroups").write_text("deny")
    (place / "uid_map").write_text(f"{inside} {user} 1")
    (place / "gid_map").write_text(f"{inside} {group} 1")
