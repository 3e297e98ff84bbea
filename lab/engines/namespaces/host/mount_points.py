"""Mount points in a host's files, made where there are none.

Below a folder of the machine, which is read-only, none can be made: a mirror takes that folder's
place, in which each entry is the machine's own and others can be added. Standard library only.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.engines.namespaces import syscalls

_NOT_HERE = {errno.EROFS, errno.EACCES, errno.EPERM}


class MountPoints:
    """Those of one host, in whose mount namespace this process is."""

    def __init__(self) -> None:
        self._mirrors: list[int] = []  # their descriptors

    def make(self, target: str, *, like: str) -> None:
        """Make sure that what is at `like`, a file or a folder, can be mounted on `target`."""
        place = Path(os.path.realpath(target))
        if is_there(place):
            return
        is_file = not Path(like).is_dir()
        try:
            _make(place, is_file=is_file)
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
            above = next(parent for parent in place.parents if is_there(parent))
            self._mirrors.append(_mirror(above))
            _make(place, is_file=is_file)

    def seal(self) -> None:
        """Make the mirrors read-only, as what they take the place of."""
        flags = syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_RDONLY
        for mirror in self._mirrors:
            syscalls.mount("none", f"/proc/self/fd/{mirror}", flags=flags)
            os.close(mirror)
        self._mirrors = []


def is_there(path: str | Path) -> bool:
    """Tell whether something is there, and can be seen."""
    return os.path.exists(path)  # noqa: PTH110 - which says no where it may not look


def _make(place: Path, *, is_file: bool) -> None:
    if is_file:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    else:
        place.mkdir(parents=True, exist_ok=True)


def _mirror(folder: Path) -> int:
    """Mount a tmpfs over a folder, with all that is in it; return a descriptor of the tmpfs."""
    with _opened(str(folder)) as original:
        mode = stat.S_IMODE(os.stat(original).st_mode)  # noqa: PTH116
        try:
            entries = list(os.scandir(original))
        except PermissionError:  # to whom it is closed here, it is closed to every program
            entries = []
        syscalls.mount("tmpfs", str(folder), "tmpfs", options=f"mode={mode:04o}")
        for entry in entries:
            copy = folder / entry.name
            if entry.is_symlink():
                copy.symlink_to(os.readlink(entry.path))  # noqa: PTH115
                continue
            if entry.is_dir():
                copy.mkdir()
            else:
                copy.touch()
            flags = syscalls.MS_BIND | syscalls.MS_REC
            syscalls.mount(entry.path, str(copy), flags=flags)
    return os.open(folder, os.O_PATH)


@contextmanager
def _opened(path: str) -> Iterator[str]:
    descriptor = os.open(path, os.O_PATH)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
