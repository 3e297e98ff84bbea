"""How a process that is there already becomes a traced one."""

import errno
import os
import re
from contextlib import suppress
from pathlib import Path

from lab.agent.tracing import ptrace

_TRACER = re.compile(r"^TracerPid:\s*(\d+)$", re.MULTILINE)
_STATE = re.compile(r"^State:\s*(\w)", re.MULTILINE)
_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")


def seize(pid: int, *, kill_with_tracer: bool) -> set[int]:
    """Attach to every thread of a process; return them. Each stops soon.

    OSError where it cannot be, with a text for people.
    """
    seized: set[int] = set()
    while True:
        new = {int(one) for one in os.listdir(f"/proc/{pid}/task")} - seized  # noqa: PTH208
        if not new:
            return seized
        for tid in new:
            try:
                ptrace.seize(tid, kill_with_tracer=kill_with_tracer)
                if not _is_stopped(tid):
                    ptrace.interrupt(tid)
            except ProcessLookupError:
                if tid == pid:
                    raise
                continue
            except PermissionError as error:
                raise PermissionError(error.errno, _reason(tid)) from None
            seized.add(tid)


def _status(tid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{tid}/status").read_text("utf-8", "replace")
    return ""


def _is_stopped(tid: int) -> bool:
    found = _STATE.search(_status(tid))
    return found is not None and found[1] == "T"


def _reason(tid: int) -> str:
    """Say why a thread cannot be traced."""
    found = _TRACER.search(_status(tid))
    if found and found[1] != "0":
        return f"process {tid}: traced already, by process {found[1]}"
    with suppress(OSError):
        if (scope := _SCOPE.read_text(encoding="ascii").strip()) != "0":
            return f"process {tid}: {os.strerror(errno.EPERM)} ({_SCOPE} is {scope})"
    return f"process {tid}: {os.strerror(errno.EPERM)} (ptrace(2): CAP_SYS_PTRACE)"
