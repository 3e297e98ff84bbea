"""Nothing is left behind: a block that owns a half-built lab.

Left by an exception (a failure, Ctrl-C), it removes the lab. When the process itself is killed,
`reaper` does.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.engines.compose.removal import remove_all

_PACKAGE_PARENT = Path(__file__).parents[3]


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Remove the lab `name` when the block is left by an exception, or by the end of this process.

    EngineError when something cannot be removed.
    """
    # A session of its own: Ctrl-C on the terminal does not reach it.
    reaper = subprocess.Popen(
        [sys.executable, "-m", "lab.engines.compose.reaper", name],
        stdin=subprocess.PIPE,
        cwd=_PACKAGE_PARENT,
        start_new_session=True,
    )
    clean = False
    try:
        try:
            yield
        except BaseException:
            remove_all(name)
            clean = True  # not reached when a second Ctrl-C ends it: then the reaper removes
            raise
        clean = True
    finally:
        assert reaper.stdin is not None
        with suppress(BrokenPipeError):
            if clean:
                reaper.stdin.write(b"detach\n")
            reaper.stdin.close()
        reaper.wait()
