"""Namespaces, and processes of the host, of the lab and of the machine."""

import contextlib
import os
import signal
from pathlib import Path

from .trying import GIVEN, attempt, check, in_child, libc

NEWNS, NEWUSER, NEWNET = 0x00020000, 0x10000000, 0x40000000
PTRACE_SEIZE = 0x4206


@attempt("a new user namespace")
def _newuser() -> None:
    in_child(lambda: check(libc.unshare(NEWUSER)))


@attempt("a new network namespace")
def _newnet() -> None:
    in_child(lambda: check(libc.unshare(NEWNET)))


@attempt("a new mount namespace")
def _newns() -> None:
    in_child(lambda: check(libc.unshare(NEWNS)))


@attempt("enter the namespace of process 1")
def _setns() -> None:
    descriptor = os.open("/proc/1/ns/net", os.O_RDONLY)
    in_child(lambda: check(libc.setns(descriptor, 0)))


@attempt("enter one's own namespace")
def _setns_own() -> None:
    descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)
    in_child(lambda: check(libc.setns(descriptor, 0)))


def trace(pid: int) -> None:
    check(libc.ptrace(PTRACE_SEIZE, pid, None, None))
    # It goes on, and is let go of with the end of this process.


@attempt("trace a child")
def _trace_child() -> None:
    child = os.fork()
    if child == 0:
        signal.pause()
    try:
        trace(child)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@attempt("trace process 1")
def _trace_init() -> None:
    in_child(lambda: trace(1))


@attempt("kill process 1")
def _kill_init() -> str:
    os.kill(1, signal.SIGKILL)
    os.kill(1, 0)  # or this process would not be there any more
    return "no effect"


@attempt("read the environment of process 1")
def _environment() -> None:
    Path("/proc/1/environ").read_bytes()


def process(word: bytes) -> int:
    """Return the process with the word in its command line; 0 if none is seen."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word in (place / "cmdline").read_bytes() and int(place.name) != os.getpid():
                return int(place.name)
    return 0


@attempt("see processes of the machine")
def _machines_processes() -> str:
    return "ok" if process(GIVEN["machines_process"].encode()) else "not there"


@attempt("signal the agent on the wire")
def _signal_agent() -> str:
    if not (pid := process(b"lab/agent\0serve")):
        return "not there"
    os.kill(pid, 0)
    return "ok"


@attempt("trace the agent on the wire")
def _trace_agent() -> str:
    if not (pid := process(b"lab/agent\0serve")):
        return "not there"
    in_child(lambda: trace(pid))
    return "ok"


@attempt("trace the process that makes calls")
def _trace_call_server() -> str:
    if not (pid := process(b"call-server") or process(b"call_server")):
        return "not there"
    in_child(lambda: trace(pid))
    return "ok"
