"""The process that cleans up when the lab's own process cannot: after SIGKILL.

It holds the other end of a pipe. The pipe ends when its parent does, however that ended; unless it
has received `detach` before, the reaper then ends the `docker compose` that may still run for the
lab, and removes every container, network and volume of it. `cleanup` starts it.
"""

import signal
import sys
from functools import partial

from lab.engines.compose import abandoned, ending


def main() -> None:
    """Wait for the end of standard input, then clean up, unless that was `detach`."""
    name = sys.argv[1]
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    if sys.stdin.read().strip() == "detach":
        return
    abandoned.by(partial(ending.end, partial(ending.working_for, name))).wait()
    # Imported here: in the usual case the reaper never needs it and starts in milliseconds.
    from lab.engines.compose import removal  # noqa: PLC0415

    removal.remove_until_quiet(name)


if __name__ == "__main__":
    main()
