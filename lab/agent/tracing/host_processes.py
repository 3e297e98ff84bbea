"""The processes of a host that are its programs, and none of the lab's own.

The lab's own are those that joined the host's pid namespace with a host name of their own (with
Docker, other containers), and those that go by names which the lab gives them.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

# As /proc/PID/comm has them. A program that takes such a name is not among those of its host.
_OWN = frozenset(("lab-init", "paused", "lab-call-server", "lab-tracer", "docker-init"))


class HostProcess(NamedTuple):
    """A process, by the name of its executable file."""

    pid: int
    program: str


def programs() -> list[HostProcess]:
    """Return the host's programs that run now and that nobody traces, the oldest first."""
    first = _host_name(1)
    return [one for one in _others() if _host_name(one.pid) == first and not _is_traced(one.pid)]


def _others() -> Iterator[HostProcess]:
    for name in sorted(filter(str.isdigit, os.listdir("/proc")), key=int):  # noqa: PTH208
        with suppress(OSError):  # it has ended meanwhile
            folder = Path("/proc", name)
            if int(name) == os.getpid() or (folder / "comm").read_text().rstrip() in _OWN:
                continue
            # One that has ended, and whom nobody has waited for, has none.
            program = os.readlink(folder / "exe").rpartition("/")[2]  # noqa: PTH115
            yield HostProcess(int(name), program.removesuffix(" (deleted)"))


def _host_name(pid: int) -> str:
    """Return which namespace of host names a process is in."""
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/uts")  # noqa: PTH115
    return ""


def _is_traced(pid: int) -> bool:
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
        return status.partition("TracerPid:")[2].split()[0] != "0"
    return True
