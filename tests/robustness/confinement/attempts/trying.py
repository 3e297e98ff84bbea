"""How an attempt is registered and made, and what the attempts share."""

import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GIVEN = json.loads(sys.stdin.readline())
PLACE = Path(os.environ.get("HOME", "/tmp"))  # noqa: S108 - the host's own

libc = ctypes.CDLL(None, use_errno=True)
ATTEMPTS: dict[str, Callable[[], str | None]] = {}


def attempt(what: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register an attempt under what a person would call it."""

    def add(tried: Callable[[], Any]) -> Callable[[], Any]:
        ATTEMPTS[what] = tried
        return tried

    return add


def check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def call(name: str, *arguments: int | bytes) -> int:
    """Make a system call by its number."""
    words = (a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments)
    return check(libc.syscall(ctypes.c_long(GIVEN["numbers"][name]), *words))


def in_child(what: Callable[[], Any]) -> None:
    """Do it in a process of its own; OSError as there."""
    child = os.fork()
    if child == 0:
        try:
            what()
        except OSError as error:
            os._exit(error.errno or 255)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number:
        raise OSError(number, os.strerror(number))


def opened(place: str) -> None:
    """Open for writing; nothing is written."""
    os.close(os.open(place, os.O_WRONLY))
