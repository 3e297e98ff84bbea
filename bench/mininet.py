"""One round of Mininet (Debian's package), in a process of its own that nothing of it outlives.

Mininet works on the machine's own namespaces, as root, and what is killed stays. So it gets
namespaces: it is process 1 of a pid namespace, in network and mount namespaces that end with it.
That changes nothing of what it does, and costs what comes before its clock.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.programs import source
from bench.turns import Turn
from lab.errors import EngineError

# Debian's packages are for Debian's Python, which need not be the one that runs this.
_PYTHON = "/usr/bin/python3"
_PACKAGES = Path("/usr/lib/python3/dist-packages")
_NEEDED = ("brctl", "mnexec")
_LONGEST_S = 120
# With the bench (even after SIGKILL) ends unshare, with unshare its child, and with this process 1
# all that Mininet has started; the interfaces go with their namespaces.
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
_NAMESPACES = (
    *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--mount", "--"),
)


def why_not() -> str:
    """Return in a line why Mininet cannot be measured here, or ""."""
    there = (_PACKAGES / "mininet" / "net.py").exists() and all(map(shutil.which, _NEEDED))
    if not there:
        return "Mininet is not installed (apt-get install mininet bridge-utils)."
    if os.geteuid():
        return "Mininet is left out: it needs root."
    return ""


def once(count: int) -> Turn:
    """Bring a net of so many hosts up and down; the times are by the clock of its process."""
    with _started(count) as process:
        assert process.stdin
        assert process.stdout
        # It has imported all it needs, and by now it dies with us. Without this word it ends.
        ready = process.stdout.readline() == "ready\n"
        stdout, stderr = process.communicate("go\n" if ready else "", timeout=_LONGEST_S)
    if process.returncode or not ready:
        said = stderr.strip().splitlines() or [f"ended with status {process.returncode}"]
        text = f"mininet, {count} hosts: {said[-1]}"
        raise EngineError(text, exit_status=process.returncode, stderr=stderr)
    return Turn(**json.loads(stdout))


@contextmanager
def _started(count: int) -> Iterator[subprocess.Popen[str]]:
    """Start it; whatever happens in the block, it is gone afterwards."""
    program = [_PYTHON, "-c", source("mininet_round.py"), str(count)]
    process = subprocess.Popen(
        [*_DIES_WITH_US, *_NAMESPACES, *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to act on
    )
    try:
        yield process
    except subprocess.TimeoutExpired as expired:
        text = f"mininet, {count} hosts: not done after {_LONGEST_S} s"
        raise EngineError(text) from expired
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()  # until nobody holds its outputs: all of it has ended
