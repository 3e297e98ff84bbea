"""Which users and groups a lab can have besides the one who starts it, and how they are mapped.

A lab has the ids 0 to 65535 of its own. Root maps them to a range that is nobody's; an ordinary
user to the range of /etc/subuid and /etc/subgid, by newuidmap(1) and newgidmap(1). Where neither
can be, a lab has one user, and its programs cannot change theirs. Standard library only.
"""

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lab.engines.namespaces.host import processes
from lab.errors import UnsupportedError

USER_ID = 800  # the user `lab`, as in the images (Dockerfile)
# No user of a machine: above those of accounts, of user namespaces and of services (systemd).
_ROOTS_START = 2_000_000_000
_COUNT = 65535
_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_HELPERS = ("newgidmap", "newuidmap")
_FILES = ("/etc/subgid", "/etc/subuid")


class Range(NamedTuple):
    """So many ids of the machine, from the first on: a lab's 1, 2, and so on."""

    start: int
    size: int


class Ranges(NamedTuple):
    """The ids of a lab's groups and of its users."""

    groups: Range
    users: Range


def ranges() -> Ranges:
    """Return the ranges of whoever runs this; UnsupportedError where there are none.

    Whether the kernel takes them shows only when they are mapped.
    """
    if os.geteuid() == 0:
        return _of_root()
    return _of_user(os.geteuid(), _helper)


def _of_root() -> Ranges:
    for name in ("gid_map", "uid_map"):
        extents = (map(int, line.split()) for line in _lines(f"/proc/self/{name}"))
        if not any(
            start <= _ROOTS_START and start + count >= _ROOTS_START + _COUNT
            for start, _, count in extents
        ):
            text = "this container has no other users: use --engine compose"
            raise UnsupportedError(text)
    return Ranges(Range(_ROOTS_START, _COUNT), Range(_ROOTS_START, _COUNT))


def _of_user(uid: int, helper: Callable[[str], str]) -> Ranges:
    missing = [name for name in _HELPERS if "/" not in helper(name)]
    if missing:
        text = f"{missing[-1]} is not installed: sudo apt-get install uidmap"
        raise UnsupportedError(text)
    name = _name(uid)
    groups, users = (in_file(_lines(file), name, uid) for file in _FILES)
    if not groups or not users:
        add = "--add-subuids 100000-165535 --add-subgids 100000-165535"
        file = _FILES[1] if groups else _FILES[0]
        text = f"{file} has no {_COUNT} ids of {name}: sudo usermod {add} {name}"
        raise UnsupportedError(text)
    return Ranges(groups, users)


def in_file(lines: list[str], name: str, uid: int) -> Range | None:
    """Return a user's range of a file such as /etc/subuid, if one is long enough (subuid(5))."""
    for line in lines:
        owner, _, rest = line.partition(":")
        start, _, count = rest.partition(":")
        long_enough = count.strip().isdigit() and int(count) >= _COUNT
        if owner in {name, str(uid)} and start.isdigit() and long_enough:
            return Range(int(start), _COUNT)
    return None


def _helper(name: str) -> str:
    return processes.find(name, _PATH)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def map_outer(pid: int, found: Ranges) -> bool:
    """Map the lab's ids in the new user namespace of a process; tell whether that could be.

    Of this process's user is 0 there. The process that does it must be outside.
    """
    own = (os.getegid(), os.geteuid())
    if own[1] == 0:
        return _write(Path("/proc", str(pid)), found)
    children = []
    nothing = os.open(os.devnull, os.O_RDWR)
    for helper, of, its_own in zip(_HELPERS, found, own, strict=True):
        words = [0, its_own, 1, 1, of.start, of.size]
        argv = [_helper(helper), str(pid), *map(str, words)]
        children.append(processes.spawn(argv, {}, (nothing, nothing, nothing)))
    statuses = [os.waitpid(child, 0)[1] for child in children]
    os.close(nothing)
    return not any(statuses)


def _write(place: Path, found: Ranges) -> bool:
    for name, of in zip(("gid_map", "uid_map"), found, strict=True):
        (place / name).write_text(f"0 0 1\n1 {of.start} {of.size}\n")
    return True


def inner() -> str:
    """Return the map of the inner user namespace: the one who starts the lab is `lab` there.

    So its root is somebody else, and all others are the same.
    """
    others = USER_ID + 1
    extents = (
        (0, USER_ID, 1),
        (1, 1, USER_ID - 1),
        (USER_ID, 0, 1),
        (others, others, _COUNT + 1 - others),
    )
    return "".join(f"{inside} {outside} {count}\n" for inside, outside, count in extents)
