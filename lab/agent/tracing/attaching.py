"""How a process that is there already becomes a traced one."""

import errno
import os
import re
import threading
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
    others: set[int] = set()
    while True:
        there = _threads(pid)
        if not (new := there - seized - others):
            return seized
        for tid in new:
            try:
                ptrace.seize(tid, kill_with_tracer=kill_with_tracer)
                if not is_stopped(tid):
                    ptrace.interrupt(tid)
            except ProcessLookupError:
                if tid == pid:
                    raise
                continue
            except PermissionError as error:
                # One that a thread has started which was seized before is attached to already.
                if tracer(tid) != threading.get_native_id() and not has_ended(tid):
                    raise PermissionError(error.errno, _reason(tid)) from None
                others.add(tid)
            else:
                seized.add(tid)


def _threads(pid: int) -> set[int]:
    try:
        return {int(one) for one in os.listdir(f"/proc/{pid}/task")}  # noqa: PTH208
    except FileNotFoundError:
        text = f"process {pid}: there is none of this number"
        raise ProcessLookupError(errno.ESRCH, text) from None


def _status(tid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{tid}/status").read_text("utf-8", "replace")
    return ""


def _state(tid: int) -> str:
    found = _STATE.search(_status(tid))
    return found[1] if found else ""


def is_stopped(tid: int) -> bool:
    """Tell whether a thread is stopped with its process (job control)."""
    return _state(tid) == "T"


def has_ended(tid: int) -> bool:
    """Tell whether a thread has ended, and perhaps waits for others of its process to end."""
    return _state(tid) in {"", "Z", "X"}


def tracer(tid: int) -> int:
    """Return the thread that traces a thread; 0 for none."""
    found = _TRACER.search(_status(tid))
    return int(found[1]) if found else 0


def _reason(tid: int) -> str:
    """Say why a thread cannot be traced."""
    if by := tracer(tid):
        return f"process {tid}: traced already, by process {by}"
    with suppress(OSError):
        if (scope := _SCOPE.read_text(encoding="ascii").strip()) != "0":
            return f"process {tid}: {os.strerror(errno.EPERM)} ({_SCOPE} is {scope})"
    return f"process {tid}: {os.strerror(errno.EPERM)} (ptrace(2): CAP_SYS_PTRACE)"
