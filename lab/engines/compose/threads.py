"""Which threads of a container are at work, as `docker top` shows them. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from lab.engines import busy

PS_OPTIONS = "axH -o pid,ppid,stat,wchan:40"  # for ps(1); Docker itself needs the pid


def are_busy(first: str, threads: Sequence[Sequence[str]]) -> bool:
    """Tell whether the process `first`, or what it has started, is at work.

    A thread is a row of ps(1) with PS_OPTIONS.
    """
    parents = {pid: parent for pid, parent, _, _ in threads}
    if first not in parents:  # it has ended, and Docker will say so in a moment
        return True
    for pid, _, state, waits_at in threads:
        if pid == first and state.startswith(busy.ZOMBIE):
            return True
        if busy.is_busy(state, waits_at) and first in _ancestry(pid, parents):
            return True
    return False


def _ancestry(pid: str, parents: Mapping[str, str]) -> Iterator[str]:
    while pid in parents:
        yield pid
        pid = parents[pid]
