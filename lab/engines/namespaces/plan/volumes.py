"""What a service has mounted: volumes, folders of this machine, tmpfs; in the forms Compose has.

Looks at this machine's files, and changes none; `rootfs` mounts, `tmpfs` knows the options.
"""

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from lab.compose import paths
from lab.compose.errors import at
from lab.compose.references import PATH_STARTS
from lab.engines.namespaces import tmpfs
from lab.engines.namespaces.host.mount_points import is_there
from lab.engines.namespaces.host.mounts import PRIVATE
from lab.engines.namespaces.spec import HostSpec, Mount
from lab.errors import LocatedError

# Nothing can be mounted there or below.
_KERNELS = ("/proc/", "/sys/")
_NEEDED = {"/", "/dev"}
_BYTES = re.compile(r"(\d{1,18})\s*(?:([kmgtp])i?b?|b)?", re.IGNORECASE | re.ASCII)
_UNITS = "kmgtp"


def of_service(key: str, service: Mapping[str, Any], folder: Path) -> tuple[Mount, ...]:
    """Return a service's mounts; LocatedError when one cannot be here."""
    found = []
    for number, entry in enumerate(service.get("volumes") or ()):
        with at("services", key, "volumes", number):
            mount = volume(entry, key, folder)
            _check_source(mount)
            check_target(mount.target, is_file=_is_file(mount))
        found.append(mount)
    others = {mount.target for mount in found}
    entries = service.get("tmpfs") or ()
    for number, entry in enumerate([entries] if isinstance(entries, str) else entries):
        with at("services", key, "tmpfs", number):
            mount = of_tmpfs(entry)
            check_target(mount.target, is_file=_is_file(mount))
            if mount.target in others:
                text = f"{mount.target} is the target of a volume already; keep one"
                raise ValueError(text)
        found.append(mount)
    return tuple(found)


def numbered(hosts: Iterable[HostSpec]) -> tuple[HostSpec, ...]:
    """Give each source a number, the same on all hosts."""
    numbers: dict[str, int] = {}
    return tuple(
        host._replace(
            mounts=tuple(
                mount._replace(number=numbers.setdefault(mount.source, len(numbers)))
                if mount.source
                else mount
                for mount in host.mounts
            )
        )
        for host in hosts
    )


def check_defined(volumes: Mapping[str, Any], used: Collection[str]) -> None:
    """Raise LocatedError for a named volume, if it is used, that is not the lab's own."""
    for name, entry in volumes.items():
        if name in used and (entry or {}).get("external"):
            text = f"volumes.{name}: one from outside the lab is not for this engine"
            raise LocatedError(("volumes", name, "external"), f"{text}; use --engine compose")
        driver = (entry or {}).get("driver")
        if name in used and driver not in {None, "", "local"}:
            text = f"volumes.{name}.driver: {driver} is not for this engine, local is"
            raise LocatedError(("volumes", name, "driver"), f"{text}; or use --engine compose")


def volume(entry: Any, key: str, folder: Path) -> Mount:
    """Return a mount of a host, in the short form (`SOURCE:TARGET:ro`) or the long one."""
    if isinstance(entry, dict):
        return _long(entry, key, folder)
    source, target, *options = entry.split(":") if ":" in entry else ("", entry)
    if len(options) > 1:
        text = f"{entry!r} is no volume, as SOURCE:TARGET:OPTIONS"
        raise ValueError(text)
    read_only = bool(options) and "ro" in options[0].split(",")
    if source.startswith(PATH_STARTS):
        source = paths.of_machine(source, folder)
    return _named(target, source, key, read_only)


def _long(entry: Mapping[str, Any], key: str, folder: Path) -> Mount:
    kind, source = entry.get("type"), entry.get("source", "")
    read_only = bool(entry.get("read_only"))
    if kind == "tmpfs":
        options = _size_and_mode(entry.get("tmpfs"), read_only=read_only)
        return Mount(_target(entry["target"]), tmpfs_options=options)
    if kind == "bind":
        if not source:
            text = "a bind needs its source, a folder or a file of this machine"
            raise ValueError(text)
        return Mount(_target(entry["target"]), paths.of_machine(source, folder), read_only)
    if kind != "volume":
        text = f"type {kind}: must be volume, bind or tmpfs"
        raise ValueError(text)
    return _named(entry["target"], source, key, read_only)


def _named(target: str, source: str, key: str, read_only: bool) -> Mount:
    target = _target(target)
    return Mount(target, source or _anonymous(key, target), read_only)


def _anonymous(key: str, target: str) -> str:
    """Return what a volume without a name goes by: no name of another has a / in it."""
    return f".{key}{target}"


def _target(target: str) -> str:
    if not target.startswith("/") or "\0" in target:
        text = f"{target!r}: its place in the host must begin with /"
        raise ValueError(text)
    return posixpath.normpath("/" + target.lstrip("/"))


def of_tmpfs(entry: str) -> Mount:
    """Return a tmpfs (`TARGET:OPTIONS`)."""
    target, _, options = entry.partition(":")
    return Mount(_target(target), tmpfs_options=tmpfs.checked(options))


def _size_and_mode(settings: Mapping[str, Any] | None, *, read_only: bool) -> str:
    """Return the options of a tmpfs in the long form, which may have a size in units."""
    words = ["ro"] if read_only else []
    for key, value in (settings or {}).items():
        if key == "mode":
            words.append(f"mode={value:o}")
        elif key == "size":
            found = _BYTES.fullmatch(str(value))
            if not found:
                text = f"tmpfs.size: {value!r} is no number of bytes, such as 64m"
                raise ValueError(text)
            unit = 1024 ** (_UNITS.index(found[2].lower()) + 1) if found[2] else 1
            words.append(f"size={int(found[1]) * unit}")
    return tmpfs.checked(",".join(words))


def _check_source(mount: Mount) -> None:
    if mount.source.startswith("/") and not is_there(mount.source):
        text = f"{mount.source} is not there; make it, or name another"
        raise ValueError(text)


def _is_file(mount: Mount) -> bool:
    return mount.source.startswith("/") and not Path(mount.source).is_dir()


def check_target(target: str, *, is_file: bool) -> None:
    """Raise ValueError when nothing, or not this, can be mounted there."""
    place = Path(os.path.realpath(target))
    if target in _NEEDED or any(f"{one}/".startswith(_KERNELS) for one in (target, place)):
        text = f"{target} is the host's own; choose another place in it"
        raise ValueError(text)
    if set(place.parts[1:2]) & PRIVATE:  # empty ones; what the machine has there does not count
        return
    above = next(parent for parent in place.parents if is_there(parent))
    if not above.is_dir():
        text = f"{target}: {above} is a file on this machine, so nothing can be below it"
        raise ValueError(text)
    if is_there(place) and place.is_dir() == is_file:
        ours, its = ("file", "folder") if is_file else ("folder", "file")
        text = f"{target}: a {ours} cannot take the place of this machine's {its}"
        raise ValueError(text)
