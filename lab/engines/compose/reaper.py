"""The process that cleans up when the lab's own process cannot: after SIGKILL.

It holds the other end of a pipe. The pipe ends when its parent does, however that ended; unless it
was told `release` before, the reaper then ends the `docker compose` that may still run and removes
every container, network and volume of the lab. `guard` starts it and talks to it.
"""

import contextlib
import os
import signal
import sys
import time

_QUIET_S = 1.0  # the engine may still work on a request of a client that is gone
_LONGEST_S = 60.0


def main() -> None:
    """Read lines (`group N`, `release`) from standard input until it ends."""
    name = sys.argv[1]
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    group = 0
    for line in sys.stdin:
        word, _, value = line.partition(" ")
        if word.strip() == "release":
            return
        group = int(value)
    if group:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    _remove_until_quiet(name)


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
