"""The options of a tmpfs: which may be written, and what mount(2) gets of them.

As with Docker, it has no programs that run, no devices and no set-user-ID files unless it says so.
See tmpfs(5) and mount(8). Standard library only: the supervisor's side reads it, too.
"""

from collections.abc import Callable

from lab.engines.namespaces import syscalls


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _is_size(text: str) -> bool:
    return _is_number(text[:-1] if text[-1:].lower() in _UNITS else text)


_UNITS = tuple("kmgtpe")
_VALUES: dict[str, tuple[Callable[[str], bool], str]] = {
    "size": (lambda text: _is_size(text) or _is_number(text.removesuffix("%")), "64m or 10%"),
    "mode": (lambda text: 0 < len(text) < 6 and set(text) <= set("01234567"), "1777"),
    "uid": (_is_number, "800"),
    "gid": (_is_number, "800"),
    "nr_blocks": (_is_size, "4k"),
    "nr_inodes": (_is_size, "4k"),
    "mpol": (bool, "local"),
}
# What a word sets and what it clears.
_FLAGS = {
    "ro": (syscalls.MS_RDONLY, 0),
    "rw": (0, syscalls.MS_RDONLY),
    "nosuid": (syscalls.MS_NOSUID, 0),
    "suid": (0, syscalls.MS_NOSUID),
    "nodev": (syscalls.MS_NODEV, 0),
    "dev": (0, syscalls.MS_NODEV),
    "noexec": (syscalls.MS_NOEXEC, 0),
    "exec": (0, syscalls.MS_NOEXEC),
    "sync": (syscalls.MS_SYNCHRONOUS, 0),
    "async": (0, syscalls.MS_SYNCHRONOUS),
    "dirsync": (syscalls.MS_DIRSYNC, 0),
    "noatime": (syscalls.MS_NOATIME, 0),
    "atime": (0, syscalls.MS_NOATIME),
    "nodiratime": (syscalls.MS_NODIRATIME, 0),
    "diratime": (0, syscalls.MS_NODIRATIME),
    "relatime": (syscalls.MS_RELATIME, 0),
    "strictatime": (syscalls.MS_STRICTATIME, 0),
    "defaults": (0, 0),
}
_DEFAULT = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC


def checked(options: str) -> str:
    """Return the options that count here; ValueError names one that is none.

    There is one user only, so an owner cannot be anybody else: `uid` and `gid` do not count.
    """
    kept = []
    for word in filter(None, options.split(",")):
        key, equals, value = word.partition("=")
        if equals and key in _VALUES:
            can_be, such = _VALUES[key]
            if not can_be(value):
                text = f"tmpfs option {word}: {value!r} cannot be; write such as {key}={such}"
                raise ValueError(text)
        elif word not in _FLAGS:
            text = f"{word} is no option of a tmpfs; it takes {', '.join([*_VALUES, *_FLAGS])}"
            raise ValueError(text)
        if key not in {"uid", "gid"}:
            kept.append(word)
    return ",".join(kept)


def split(options: str) -> tuple[int, str]:
    """Return the flags and the data that mount(2) takes for checked options."""
    flags, data = _DEFAULT, []
    for word in filter(None, options.split(",")):
        if word in _FLAGS:
            added, cleared = _FLAGS[word]
            flags = flags & ~cleared | added
        else:
            data.append(word)
    return flags, ",".join(data)
