"""The process that cleans up when the lab's own process cannot: after SIGKILL.

It holds the other end of a pipe. The pipe ends when its parent does, however that ended; unless it
has received `detach` before, the reaper then ends the `docker compose` that may still run for the
lab, and removes every container, network and volume of it. `cleanup` starts it.
"""

import signal
import sys
from collections.abc import Iterable, Iterator
from functools import partial

from lab.engines.compose import abandoned, ending

# A line of the pipe: the lab goes on.
DETACH = "detach"
_WAITS_FOR = "waits-for"


def waits_for(cookies: Iterable[int]) -> str:
    """Return the line of the pipe that names requests which the engine still works on."""
    return " ".join([_WAITS_FOR, *map(str, cookies)])


def main() -> None:
    """Wait for the end of standard input, then clean up, unless that had the line `detach`."""
    name = sys.argv[1]
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    lines = sys.stdin.read().splitlines()
    if DETACH in lines:
        return
    requests = abandoned.by(partial(ending.end, partial(ending.working_for, name)))
    requests.with_those_of(_cookies(lines)).wait()
    # Imported here: in the usual case the reaper never needs it and starts in milliseconds.
    from lab.engines.compose import removal  # noqa: PLC0415

    removal.remove_until_quiet(name)


def _cookies(lines: Iterable[str]) -> Iterator[int]:
    for line in lines:
        what, *words = line.split()
        if what == _WAITS_FOR:
            yield from map(int, words)


if __name__ == "__main__":
    main()
