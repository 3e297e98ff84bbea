"""Children of this process: short programs, the place where long ones start, and the end of any.

Short ones start with posix_spawn(3): no copy of this process, and no module to load. What
subprocess does more is not needed here, and 2 hosts are up before it is imported.
"""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lab.engines import busy


def spawn(argv: Sequence[str], environment: Mapping[str, str], files: Sequence[int]) -> int:
    """Start a program with these files as its descriptors 0, 1, ...; return its pid.

    It is looked up in the PATH of its own environment, not of this process's.
    """
    actions = [(os.POSIX_SPAWN_DUP2, file, number) for number, file in enumerate(files)]
    place = argv[0]
    if "/" not in place:
        place = _search(place, environment.get("PATH", os.defpath).split(":"))
        if "/" not in place:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), place)
    return os.posix_spawn(place, list(argv), environment, file_actions=actions)


def find(program: str, path: str) -> str:
    """Return the place of a program in a PATH, as exec(3) would find it.

    For who forks first: a search in the child would copy this process's memory page by page. What
    is left to exec, because it is not found or depends on the folder, is returned as it is.
    """
    folders = path.split(":")
    if "/" in program or not all(folder.startswith("/") for folder in folders):
        return program
    return _search(program, folders)


def _search(program: str, folders: Iterable[str]) -> str:
    places = (f"{folder or '.'}/{program}" for folder in folders)
    there = (p for p in places if os.access(p, os.X_OK) and Path(p).is_file())
    return next(there, program)


def run(argv: Sequence[str], text: str) -> tuple[int, str]:
    """Run a program with this input to its end; return its exit status and its output."""
    stdin, output = os.memfd_create("input"), os.memfd_create("output")
    try:
        os.write(stdin, text.encode())
        os.lseek(stdin, 0, os.SEEK_SET)
        pid = spawn(argv, os.environ, (stdin, output, output))
        _, status = os.waitpid(pid, 0)
        os.lseek(output, 0, os.SEEK_SET)
        text = os.read(output, 1 << 16).decode(errors="replace").strip()
        return os.waitstatus_to_exitcode(status), text
    finally:
        os.close(stdin)
        os.close(output)


def start_in(folder: str) -> None:
    """Go to the folder where a host's programs start; say so, and go to /, where it is gone."""
    try:
        os.chdir(folder)
    except OSError as error:
        os.write(2, f"note: {folder}: {error.strerror}; starting in /\n".encode())
        os.chdir("/")


def reaped() -> Iterator[tuple[int, int]]:
    """Reap every child that has ended, orphans that came to this process too: pid and status."""
    with contextlib.suppress(ChildProcessError):
        while (child := os.waitpid(-1, os.WNOHANG))[0]:
            yield child


def is_busy(root: int) -> bool:
    """Tell whether a process is at work or on its way out, or what it has started is at work."""
    try:
        return _state(Path(f"/proc/{root}")) == busy.ZOMBIE or _works(root)
    except OSError:  # whoever was to know of its end has reaped it
        return False


def _works(root: int) -> bool:
    with contextlib.suppress(OSError):  # one that has ended meanwhile does not run
        for task in Path(f"/proc/{root}/task").iterdir():
            with contextlib.suppress(OSError):
                if busy.is_busy(_state(task), (task / "wchan").read_text()):
                    return True
                if any(_works(int(child)) for child in (task / "children").read_text().split()):
                    return True
    return False


def _state(folder: Path) -> str:
    return (folder / "stat").read_text().rpartition(")")[2].split()[0]
