"""The process that cleans up when the lab's own process cannot: after SIGKILL.

It holds the other end of a pipe. The pipe ends when its parent does, however that ended; unless it
was told `release` before, the reaper then ends the `docker compose` that may still run for the lab
and removes every container, network and volume of it. `guard` starts it.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from lab.engines.compose import RUN_BY

_QUIET_S = 1.0  # the engine may still work on a request of a client that is gone
_LONGEST_S = 60.0


def main() -> None:
    """Wait for the end of standard input, then clean up, unless the last word was `release`."""
    name = sys.argv[1]
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    if sys.stdin.read().strip() == "release":
        return
    for pid in _processes_of(name):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    _remove_until_quiet(name)


def _processes_of(name: str) -> Iterator[int]:
    """Find what `command.compose` started for the lab: its environment says so."""
    mark = f"{RUN_BY}={name}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environment.read_bytes().split(b"\0"):
                yield int(environment.parent.name)


def _remove_until_quiet(name: str) -> None:
    # Imported here: in the usual case the reaper never needs it and starts in milliseconds.
    from lab.engines.compose.sweep import remove_everything  # noqa: PLC0415

    deadline = time.monotonic() + _LONGEST_S
    quiet_since = time.monotonic()
    while time.monotonic() < min(quiet_since + _QUIET_S, deadline):
        if remove_everything(name):
            quiet_since = time.monotonic()
        time.sleep(0.1)  # the pause of a poll, bounded by the deadline


if __name__ == "__main__":
    main()
