"""A program of this package as a child: `python3 -m services.NAME` without a second interpreter.

Owns what makes a fork like a process of its own: the signals' actions, the log, the name and the
command line in ps(1). Programs load in a fraction of the time, and share the memory of what they
have in common.
"""

import contextlib
import ctypes
import importlib
import os
import runpy
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from services import log

_LONGEST_NAME_BYTES = 15  # proc(5), /proc/PID/comm
# Where the command line is, in the fields of /proc/PID/stat that follow the name (proc(5)).
_ARG_START, _ARG_END = 48 - 3, 49 - 3


def start(name: str, arguments: Sequence[str], forget: Callable[[], None]) -> int:
    """Starts services.NAME with no signal blocked; returns its process id.

    `forget` undoes, in the child, what this process does about signals.
    """
    module = f"services.{name}"
    # In this process, for all of them. What is wrong with a program is its own to show.
    with contextlib.suppress(Exception):
        importlib.import_module(module)
    # A signal that reached the child before it forgets would run this process's handler there.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    pid = os.fork()
    if pid == 0:
        forget()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        _become(module, arguments)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _become(module: str, arguments: Sequence[str]) -> NoReturn:
    """Runs the program to its end; the stack of the parent is left with it, by SystemExit."""
    log.stop()
    with contextlib.suppress(OSError):  # without /proc it goes by its parent's name
        _call([sys.orig_argv[0], "-m", module, *arguments])
    sys.argv[1:] = arguments
    # It runs as __main__, anew.
    sys.modules.pop(module, None)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


def _call(argv: Sequence[str]) -> None:
    """Shows `argv` as this process's command line, as much of it as the old one has room for."""
    Path("/proc/self/comm").write_text(argv[2].rpartition(".")[2][:_LONGEST_NAME_BYTES])
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, room = int(fields[_ARG_START]), int(fields[_ARG_END]) - int(fields[_ARG_START])
    if start and room > 0:
        line = os.fsencode("\0".join(argv))[: room - 1]
        ctypes.memmove(start, line.ljust(room, b"\0"), room)
