"""Calls that the tracer itself has interrupted (PTRACE_INTERRUPT), and that the kernel ends then.

Most are begun anew by the kernel, unseen by the program. Those that wait for an epoll instance, or
on a socket with a time limit, fail with EINTR (signal(7)): they are begun anew here, unless a
signal is there that the program has a handler for.
"""

import errno
import re
from contextlib import suppress
from pathlib import Path

from lab.agent.tracing import ptrace
from lab.agent.tracing.machine import this_machine

# They have done nothing when they fail with EINTR.
_WAITING = (
    *("epoll_wait", "epoll_pwait", "epoll_pwait2", "accept", "accept4"),
    *("recvfrom", "recvmsg", "recvmmsg", "read", "readv", "sendto", "sendmsg", "write", "writev"),
)
_MASKS = re.compile(r"^(SigPnd|ShdPnd|SigBlk|SigCgt):\s*([0-9a-f]+)$", re.MULTILINE)


def restart(tid: int) -> None:
    """Let a stopped thread begin a call anew that failed with EINTR because it was to stop.

    Where the kernel keeps no first argument for that (aarch64), the program finds EINTR.
    """
    machine = this_machine()
    if machine.call_set is None:
        return
    values = ptrace.registers(tid)
    call = values[machine.call_set]
    if machine.names.get(call) not in _WAITING:
        return
    if ptrace.signed(values[machine.result]) != -errno.EINTR or _has_signal(tid):
        return
    values[machine.counter] -= machine.instruction_bytes
    values[machine.call_register] = call
    values[machine.call_set] = (1 << 64) - 1  # so the kernel begins nothing anew itself
    ptrace.set_registers(tid, values)


def _has_signal(tid: int) -> bool:
    with suppress(OSError):
        text = Path(f"/proc/{tid}/status").read_text("utf-8", "replace")
        masks = {name: int(value, 16) for name, value in _MASKS.findall(text)}
        pending = masks["SigPnd"] | masks["ShdPnd"]
        return bool(pending & masks["SigCgt"] & ~masks["SigBlk"])
    return True
