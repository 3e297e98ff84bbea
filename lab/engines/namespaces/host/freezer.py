"""Stops every process of a host, and lets them go on; called by the host's process 1.

SIGSTOP in place of a control group, which takes rights. A process that was stopped before the host
was paused stays so when it is resumed, as with a real freezer.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

# The name of process 1 of a host while it is paused: `enter` looks at it, and so does ps(1).
PAUSED = "paused"
RUNS = "lab-init"  # while it is not


def freeze() -> frozenset[int]:
    """Stop all processes of this pid namespace but this one; return those that were before."""
    # The name first: who enters now is stopped, or sees it.
    _call_this(PAUSED)
    before = frozenset(_stopped())
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGSTOP)  # every process but this one (kill(2))
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


def _stopped() -> Iterator[int]:
    for pid in _others():
        with contextlib.suppress(OSError):  # it has just ended
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            if stat.rpartition(")")[2].split()[0] == "T":
                yield pid
