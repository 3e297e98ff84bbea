"""What a service gets of the file's `secrets` and `configs`: files in its host, to be read.

A file of the machine is mounted, as with Docker; what comes from a variable, or stands in the
compose file, becomes a file of the host.
"""

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lab.compose import sources
from lab.compose.errors import at
from lab.engines.namespaces.plan import volumes
from lab.engines.namespaces.spec import File, Mount

# Where what has no place of its own is, or one that does not begin with /.
_FOLDERS = {"secrets": "/run/secrets", "configs": "/"}
_READABLE = 0o444


class Granted(NamedTuple):
    """The folders and files of the machine that are mounted, and files with a text of their own."""

    mounts: tuple[Mount, ...]
    files: tuple[File, ...]


def of_service(
    key: str,
    service: Mapping[str, Any],
    file: Mapping[str, Any],
    folder: Path,
    settings: Mapping[str, str],
) -> Granted:
    """Return what a service gets; `settings` are what variables are set to.

    LocatedError when something is not there, or cannot be at its place.
    """
    mounted: dict[str, Mount] = {}
    written: dict[str, File] = {}
    for kind in _FOLDERS:
        for number, entry in enumerate(service.get(kind) or ()):
            how = entry if isinstance(entry, Mapping) else {"source": entry}
            name = how["source"]
            with at("services", key, kind, number):
                target = _target(kind, how.get("target") or name)
                volumes.check_target(target, is_file=True)
            source, text = sources.find(kind, name, file[kind][name] or {}, folder, settings)
            mounted.pop(target, None)  # of two at one place the later one counts
            written.pop(target, None)
            if source:
                mounted[target] = Mount(target, source, read_only=True)
            else:
                written[target] = File(target, text, _mode(how.get("mode")))
    return Granted(tuple(mounted.values()), tuple(written.values()))


def ignored(service: Mapping[str, Any], file: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is asked of the files that a service gets and does not count, in words."""
    for kind in _FOLDERS:
        for entry in service.get(kind) or ():
            how = entry if isinstance(entry, Mapping) else {}
            is_file = ((file.get(kind) or {}).get(how.get("source")) or {}).get("file")
            yield from (f"{kind}.{one}" for one in ("uid", "gid") if one in how)
            if is_file and "mode" in how:  # nor with Compose
                yield f"{kind}.mode of a file, which has its own"


def _target(kind: str, target: str) -> str:
    if "\0" in target:
        text = f"{target!r}: no file can be there"
        raise ValueError(text)
    place = posixpath.normpath(posixpath.join(_FOLDERS[kind], target))
    return f"/{place.lstrip('/')}"


def _mode(value: Any) -> int:
    if value is None:
        return _READABLE
    return int(value, 8) if isinstance(value, str) else int(value)
