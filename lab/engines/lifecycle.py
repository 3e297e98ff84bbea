"""What may be done to a host in which state, and the words of a refusal: the same on every engine.

Pure, and of the standard library: the supervisor of the engine `namespaces` uses it, too.
"""

import signal

# What is done (exec: a program is started there; call: what makes socket calls), and the states in
# which it can be. What is not here can be done in any.
ALLOWED = {
    "pause": ("running",),
    "resume": ("paused",),
    "kill": ("running", "paused"),
    "disconnect": ("running", "paused"),
    "connect": ("running", "paused"),
    "exec": ("running",),
    "call": ("running",),
}


def cannot(host: str, verb: str, it_is: str) -> str:
    """Return the refusal, with a way out where there is one.

    >>> cannot("server", "exec", "paused")
    'server: cannot exec: it is paused; lab resume server lets it go on'
    """
    way_out = ""
    if it_is == "exited":
        way_out = f"; lab restart {host} starts it again"
    elif verb in {"exec", "call"} and it_is == "paused":
        way_out = f"; lab resume {host} lets it go on"
    return f"{host}: cannot {verb}: it is {it_is}{way_out}"


def refusal(host: str, verb: str, state: str) -> str:
    """Return why this cannot be done to a host in this state; "" if it can."""
    return "" if state in ALLOWED.get(verb, (state,)) else cannot(host, verb, state)


def no_signal(host: str, name: str) -> str:
    """Return that no signal has this name (as in signal(7), without SIG); "" if one has."""
    if f"SIG{name}" in signal.Signals.__members__:
        return ""
    return f"{host}: cannot kill: no signal is named {name}"


# The states of a thread that runs or is about to: proc_pid_stat(5).
_BUSY = frozenset("RD")
ZOMBIE = "Z"
# Where a thread sleeps that waits for nothing from the network (proc_pid_wchan(5)): for a file of
# FUSE or 9P, such as its own source for a traceback, or for the end of its PID namespace.
_BUSY_AT = frozenset({"request_wait_answer", "p9_client_rpc", "zap_pid_ns_processes"})


def is_busy(state: str, waits_at: str) -> bool:
    """Tell whether a thread is at work, by its state and its kernel function, as ps(1) has them."""
    return state[:1] in _BUSY or waits_at in _BUSY_AT
