"""Ends processes, and sees that they have ended: then they have no connection to the engine."""

import contextlib
import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.engines.compose import RUN_BY

_WITHIN_MS = 5000  # the kernel may be busy with what one has asked it


def end(find: Callable[[], set[int]]) -> None:
    """Kill the processes that `find` returns, and those that they start meanwhile."""
    ended: set[int] = set()
    while found := find() - ended:
        _end(found)
        ended |= found


def _end(pids: set[int]) -> None:
    with contextlib.ExitStack() as stack:
        running = []
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                process = os.pidfd_open(pid)
                stack.callback(os.close, process)
                signal.pidfd_send_signal(process, signal.SIGKILL)
                running.append(process)
        for process in running:
            # Readable when the last thread has ended; the first one's end says nothing.
            poll = select.poll()
            poll.register(process, select.POLLIN)
            poll.poll(_WITHIN_MS)


def group(leader: int) -> set[int]:
    """Find the processes of a process group."""
    return {pid for pid, path in _processes() if _group_of(path) == leader}


def working_for(lab: str) -> set[int]:
    """Find what `command.compose` started for the lab: its environment says so."""
    mark = f"{RUN_BY}={lab}".encode()
    return {pid for pid, path in _processes() if mark in _environment(path)}


def _processes() -> Iterator[tuple[int, Path]]:
    for path in Path("/proc").glob("[0-9]*"):
        yield int(path.name), path


def _group_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[2])
    except OSError:
        return 0


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []
