"""What tests leave on this machine: `python3 -m tests.leftovers` prints what is there now.

A line is `KIND: NAME`. Taken before (`--before`) and after, the difference is what was left.
Standard library only: CI takes it before there is any dependency.
"""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

# In the environment of what the tests of a session start, and so of what they leave: the session's
# token, after the ones of the sessions that started it.
MARK = "SOCKET_LAB_TESTS"
_OURS = re.compile(rf"@socket-lab[^/]*/{os.geteuid()}/")
_NAMELESS = "image without a name"
_DOCKER = {
    "container": ("container", "ls", "--all", "--format", "{{.Names}}"),
    "network": ("network", "ls", "--format", "{{.Name}}"),
    "volume": ("volume", "ls", "--format", "{{.Name}}"),
    _NAMELESS: ("image", "ls", "--quiet", "--filter", "dangling=true"),
}


def there() -> set[str]:
    """Return what this user has there now: labs, Docker's things, temporary files of ours."""
    return {*_sockets(), *_in_docker(_DOCKER), *_files()}


def before() -> set[str]:
    """Return what is there before tests, and what a newer version may take the name of: images."""
    return there() | set(_in_docker({_NAMELESS: ("image", "ls", "--quiet")}))


def processes_of(session: str) -> list[str]:
    """Return the processes, but this one, that were started below the session of tests."""
    name = f"{MARK}=".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            settings = (process / "environ").read_bytes().split(b"\0")
            mark = next((one for one in settings if one.startswith(name)), b"")
            if session.encode() in mark.removeprefix(name).split(b","):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if int(process.name) != os.getpid():
                    found.append(f"process {process.name}: {' '.join(words).strip()}")
    return found


def _sockets() -> Iterator[str]:
    for line in Path("/proc/net/unix").read_text(errors="replace").splitlines()[1:]:
        name = line.split()[-1]
        if _OURS.match(name):
            yield f"lab: {name}"


def _in_docker(commands: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for kind, argv in commands.items():
        with contextlib.suppress(FileNotFoundError):
            done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False)
            yield from (f"{kind}: {name}" for name in done.stdout.split())


def _files() -> Iterator[str]:
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108
        for path in Path(folder).glob("socket-lab*"):
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_uid == os.geteuid():
                    yield f"file: {path}"


if __name__ == "__main__":
    found = before() if "--before" in sys.argv else there()
    print("\n".join(sorted(found)))  # noqa: T201
