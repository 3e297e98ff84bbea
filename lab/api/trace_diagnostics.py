"""Can programs be traced here? Standard library only."""

from pathlib import Path

from lab.model import Finding

NAME = "traces"
_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
_NOBODY = 3  # ptrace(2): no process may trace another, until the next boot


def finding() -> Finding:
    """Look at what the kernel allows; a tracer has CAP_SYS_PTRACE over the programs of its host."""
    try:
        scope = int(_SCOPE.read_text(encoding="ascii"))
    except (OSError, ValueError):  # a kernel without Yama
        scope = 0
    if scope < _NOBODY:
        return Finding(NAME, True, "programs can be traced", required=False)
    remedy = "set kernel.yama.ptrace_scope to 1 where sysctls are kept, and boot"
    return Finding(NAME, False, f"{_SCOPE} is {scope}: nobody may trace", remedy, required=False)
