"""Stops every process of a host, and lets them go on; called by the host's process 1.

SIGSTOP in place of a control group, which takes rights. A process that was stopped before the host
was paused stays so when it is resumed, as with a real freezer.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

# The name of process 1 of a host while it is paused: `enter` looks at it, and so does ps(1).
PAUSED = "paused"
RUNS = "lab-init"  # while it is not
# The states of threads that may still run a program's code: proc_pid_stat(5). One in D waits within
# the kernel, for a disk or for its vfork(2) child, and stops before it runs any.
_GOES_ON = frozenset("RS")
_STOPPED_WITHIN_S = 5.0
_LOOKS_AFTER_S = 0.001


def freeze() -> frozenset[int]:
    """Stop all processes of this pid namespace but this one; return those that were before.

    SIGSTOP only begins that: the thread that takes it must get its turn first, and until then the
    other threads of its process go on, and may read what is sent to a host that is paused. So this
    waits for all of them.
    """
    # The name first: who enters now is stopped, or sees it.
    _call_this(PAUSED)
    before = frozenset(pid for pid in _others() if _states(pid) - {"Z"} == {"T"})
    deadline_s = time.monotonic() + _STOPPED_WITHIN_S
    with contextlib.suppress(ProcessLookupError):  # there is no other
        while True:
            # Again each time: one that had not stopped may have let another go on (SIGCONT).
            os.kill(-1, signal.SIGSTOP)  # every process but this one (kill(2))
            if not any(_states(pid) & _GOES_ON for pid in _others()):
                break
            if time.monotonic() >= deadline_s:
                break
            time.sleep(_LOOKS_AFTER_S)  # the pause of a poll, bounded by the deadline
    return before


def thaw(stopped_before: frozenset[int]) -> None:
    """Let all of them go on but these."""
    _call_this(RUNS)
    for pid in _others():
        if pid not in stopped_before:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _call_this(name: str) -> None:
    Path("/proc/self/comm").write_text(name, encoding="ascii")


def _others() -> Iterator[int]:
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and place.name != "1":
            yield int(place.name)


def _states(pid: int) -> set[str]:
    """Return the states of a process's threads, in letters; of one that has ended none."""
    found = set()
    with contextlib.suppress(OSError):  # it has just ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                stat = (thread / "stat").read_text(encoding="utf-8", errors="replace")
                found.add(stat.rpartition(")")[2].split()[0])
    return found
