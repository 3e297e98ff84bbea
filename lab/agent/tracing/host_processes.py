"""The processes of a host that are its programs, and none of the lab's own.

The lab's own are those that joined the host's pid namespace with a host name of their own (with
Docker, other containers), and those that go by names which the lab gives them.
"""

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

from lab.agent.tracing import attaching

# As /proc/PID/comm has them. A program that takes such a name is not among those of its host.
_OWN = frozenset(("lab-init", "paused", "lab-call-server", "lab-tracer", "docker-init"))


def pids() -> list[int]:
    """Return the host's programs that run now, and that this thread does not trace."""
    there = sorted(map(int, filter(str.isdigit, os.listdir("/proc"))))  # noqa: PTH208
    this = threading.get_native_id()
    return [
        one
        for one in there
        if not (_is_own(one) or attaching.has_ended(one) or attaching.tracer(one) == this)
    ]


def refuse_own(pid: int) -> None:
    """Raise OSError for a process of the lab's own."""
    if _is_own(pid):
        raise PermissionError(errno.EPERM, f"process {pid}: it is the lab's own, not the host's")


def _is_own(pid: int) -> bool:
    with suppress(OSError):
        name = Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").rstrip()
        return pid == os.getpid() or name in _OWN or _host_names(pid) != _host_names(1)
    return False


def _host_names(pid: int) -> str:
    """Return which namespace of host names a process is in."""
    return os.readlink(f"/proc/{pid}/ns/uts")  # noqa: PTH115
