"""Bind mounts (mount(2)), as the lab's root and the root file systems of its hosts make them."""

import os
from collections.abc import Iterable
from pathlib import Path

from lab.engines.namespaces import syscalls

# What every host has of its own.
PRIVATE = {"dev", "proc", "run", "tmp"}


def hidden_by_private(paths: Iterable[str]) -> list[str]:
    """Return the outermost of the paths that the private folders would hide."""
    outer = {Path(path) for path in paths if set(Path(path).parts[1:2]) & PRIVATE}
    return sorted(str(path) for path in outer if not outer & set(path.parents))


def bind(source: str, target: str) -> None:
    """Show a file or folder, with all that is mounted below it, at another place, too."""
    syscalls.mount(source, target, flags=syscalls.MS_BIND | syscalls.MS_REC)


def bind_over(source: str, target: str) -> None:
    """Bind a file over another, read-only; none where there is no other."""
    place = Path(os.path.realpath(target))
    if place.parts[1] in PRIVATE:  # /etc/resolv.conf is often a link into /run, which is empty now
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    if place.exists():
        syscalls.mount(source, str(place), flags=syscalls.MS_BIND)
        syscalls.make_read_only(str(place))
