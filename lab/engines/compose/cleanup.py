"""Nothing is left behind: a block that owns a half-built lab.

Left by an exception (a failure, Ctrl-C), it removes the lab. When the process itself is killed, or
is interrupted once more while it does so, `reaper` does.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from lab.engines.compose import abandoned, ending, reaper
from lab.engines.compose.abandoned import Requests
from lab.engines.compose.removal import remove_all
from lab.engines.deferred_signals import deferred

_PACKAGE_PARENT = Path(__file__).parents[3]


class _Guard:
    """What is known of a lab that is being made: its reaper, and what the engine still does."""

    def __init__(self, name: str) -> None:
        # A session of its own: Ctrl-C on the terminal does not reach it.
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "lab.engines.compose.reaper", name],
            stdin=subprocess.PIPE,
            cwd=_PACKAGE_PARENT,
            start_new_session=True,
        )
        self._name = name
        self._requests: list[Requests] = []

    def add(self, requests: Requests) -> None:
        self._requests.append(requests)
        self._send(reaper.waits_for(requests.cookies))

    def remove(self) -> None:
        """Remove the lab, when nobody makes anything of it any more."""
        # Also a `docker compose` of which the start itself was interrupted, so that nobody has it.
        self._requests.append(
            abandoned.by(partial(ending.end, partial(ending.working_for, self._name)))
        )
        for requests in self._requests:
            requests.wait()
        remove_all(self._name)

    def detach(self) -> None:
        """Let the lab go on without this process."""
        self._send(reaper.DETACH)
        self.close()

    def _send(self, line: str) -> None:
        assert self._reaper.stdin
        with suppress(BrokenPipeError, ValueError):  # ended by others; closed
            self._reaper.stdin.write(line.encode() + b"\n")
            self._reaper.stdin.flush()

    def close(self) -> None:
        """Close the pipe, and wait for what the reaper does then."""
        assert self._reaper.stdin
        with suppress(BrokenPipeError):
            self._reaper.stdin.close()
        self._reaper.wait()


# By the names of their labs.
_guards: dict[str, _Guard] = {}


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Remove the lab `name` when the block is left by an exception, or by the end of this process.

    EngineError when something cannot be removed.
    """
    outer = _guards.get(name)
    _guards[name] = guard = _Guard(name)
    try:
        yield
        with deferred():
            guard.detach()
    except BaseException:
        guard.remove()
        guard.detach()  # not reached when a second Ctrl-C ends it: then the reaper removes
        raise
    finally:
        if outer:
            _guards[name] = outer
        else:
            del _guards[name]
        guard.close()


def wait_later(name: str, requests: Requests) -> None:
    """Let who removes a lab, should it come to that, wait first for what the engine does for it."""
    if guard := _guards.get(name):
        guard.add(requests)
