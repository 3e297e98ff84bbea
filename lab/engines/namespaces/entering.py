"""Enters namespaces that other processes are in. See setns(2)."""

import os

from lab.engines.namespaces import syscalls

_KINDS = {
    "user": syscalls.CLONE_NEWUSER,
    "mnt": syscalls.CLONE_NEWNS,
    "net": syscalls.CLONE_NEWNET,
    "uts": syscalls.CLONE_NEWUTS,
    "ipc": syscalls.CLONE_NEWIPC,
    "pid": syscalls.CLONE_NEWPID,
}


def enter(*places: tuple[int, str]) -> None:
    """Move this process (`pid`: its children) into namespaces, in this order; OSError.

    A place is a process, as this one counts when it begins, and a kind, as in /proc/PID/ns. What
    gives the right to enter the others, such as a `user`, comes before them.
    """
    # All are opened first: who has entered some may see another /proc.
    opened = [(os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY), kind) for pid, kind in places]
    for descriptor, kind in opened:
        syscalls.setns(descriptor, _KINDS[kind])
        os.close(descriptor)
