"""Whether a thread is at work, by what ps(1) shows of it: the same rule on every engine. Pure.

Standard library only: the process 1 of a host, in the engine `namespaces`, uses it, too.
"""

# The states of a thread that runs or is about to: proc_pid_stat(5).
_BUSY = frozenset("RD")
ZOMBIE = "Z"
# Where a thread sleeps that waits for nothing from the network (proc_pid_wchan(5)): for a file of
# FUSE or 9P, such as its own source for a traceback, or for the end of its PID namespace.
_BUSY_AT = frozenset({"request_wait_answer", "p9_client_rpc", "zap_pid_ns_processes"})


def is_busy(state: str, waits_at: str) -> bool:
    """Tell whether a thread is at work, by its state and its kernel function, as ps(1) has them."""
    return state[:1] in _BUSY or waits_at in _BUSY_AT
