"""Nothing is left behind: a block that owns a half-built lab.

Left by an exception (a failure, Ctrl-C), it removes the lab. When the process itself is killed,
`reaper` does.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.engines.compose.sweep import remove_everything
from lab.errors import EngineError

_PACKAGE_PARENT = Path(__file__).parents[3]
_MOST_SWEEPS = 50


class Guard:
    """Speaks to the reaper of one lab."""

    def __init__(self, name: str) -> None:
        self._name = name
        # A session of its own: Ctrl-C on the terminal does not reach it.
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "lab.engines.compose.reaper", name],
            stdin=subprocess.PIPE,
            cwd=_PACKAGE_PARENT,
            start_new_session=True,
            text=True,
        )

    def watch(self, group: int) -> None:
        """Tell it which process group to end first; 0: none."""
        self._say(f"group {group}")

    def release(self) -> None:
        """Tell it that there is nothing to do any more."""
        self._say("release")

    def wait(self) -> None:
        """Let it do what is to be done, and wait until it has ended."""
        assert self._reaper.stdin is not None
        with suppress(BrokenPipeError):
            self._reaper.stdin.close()
        self._reaper.wait()

    def _say(self, line: str) -> None:
        assert self._reaper.stdin is not None
        with suppress(BrokenPipeError):
            self._reaper.stdin.write(line + "\n")
            self._reaper.stdin.flush()


_guards: dict[str, Guard] = {}


def watch(name: str, group: int) -> None:
    """Pass a process group to the guard of that lab, if there is one."""
    if guard := _guards.get(name):
        guard.watch(group)


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Remove the lab `name` when the block is left by an exception, or by the end of this process.

    Blocks of the same name nest: the outermost one counts.
    """
    if name in _guards:
        yield
        return
    guard = _guards[name] = Guard(name)
    try:
        try:
            yield
        except BaseException:
            remove_all(name)
            raise
        finally:
            del _guards[name]
    except KeyboardInterrupt:
        raise  # perhaps a second one, in the middle of removing: the reaper makes sure
    except BaseException:
        guard.release()
        raise
    else:
        guard.release()
    finally:
        guard.wait()


def remove_all(name: str) -> None:
    """Remove the lab and see that it is gone; EngineError when something cannot be removed."""
    for _ in range(_MOST_SWEEPS):
        if not remove_everything(name):
            return
    text = f"lab {name}: something of it cannot be removed; see docker ps -a"
    raise EngineError(text)
