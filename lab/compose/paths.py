"""The relative paths in a compose file, which are from its own folder: each made absolute.

For files that come from another folder than the lab's: what `include` and `extends` name. Pure.
"""

import os
import re
from pathlib import Path
from typing import Any

from lab.compose.nodes import Node

_FROM_HERE = (".", "~")
_URL = re.compile(r"[a-z][a-z0-9+]*://|git@|github\.com/")


def of_machine(path: str, folder: Path) -> str:
    """Return a path of this machine that may be from `folder`, or begin with ~.

    ValueError when there is no such home folder.
    """
    try:
        return str((folder / Path(path).expanduser()).resolve())
    except RuntimeError as error:
        text = f"{path}: this machine knows no such home folder"
        raise ValueError(text) from error


def absolute(file: Node, folder: Path) -> Node:
    """Return the tree of a whole file with its paths from `folder`."""
    if not isinstance(file.value, dict):
        return file
    found = dict(file.value)
    if (services := file.get("services")) and isinstance(services.value, dict):
        entries = {key: of_service(one, folder) for key, one in services.value.items()}
        found["services"] = services.with_value(entries)
    for kind in ("configs", "secrets"):
        if (of_kind := file.get(kind)) and isinstance(of_kind.value, dict):
            entries = {key: _with_path(one, "file", folder) for key, one in of_kind.value.items()}
            found[kind] = of_kind.with_value(entries)
    return file.with_value(found)


def of_service(service: Node, folder: Path) -> Node:
    """Return a service's tree with its paths from `folder`."""
    if not isinstance(service.value, dict):
        return service
    found = dict(service.value)
    for key in ("env_file", "label_file"):
        if files := service.get(key):
            found[key] = _each(files, folder, "path")
    if (volumes := service.get("volumes")) and isinstance(volumes.value, list):
        found["volumes"] = volumes.with_value([_volume(one, folder) for one in volumes.value])
    if build := service.get("build"):
        found["build"] = (
            _joined(build, folder)
            if isinstance(build.value, str)
            else _with_path(build, "context", folder)
        )
    if extends := service.get("extends"):
        found["extends"] = _with_path(extends, "file", folder)
    return service.with_value(found)


def _each(node: Node, folder: Path, key: str) -> Node:
    if isinstance(node.value, list):
        return node.with_value([_each(one, folder, key) for one in node.value])
    return _with_path(node, key, folder) if isinstance(node.value, dict) else _joined(node, folder)


def _with_path(node: Node, key: str, folder: Path) -> Node:
    path = node.get(key)
    if path is None:
        return node
    return node.with_value({**node.value, key: _joined(path, folder)})


def _joined(node: Node, folder: Path) -> Node:
    return node.with_value(_join(node.value, folder))


def _join(value: Any, folder: Path) -> Any:
    if not isinstance(value, str) or value.startswith("~") or _URL.match(value):
        return value
    return os.path.normpath(folder / value)


def _volume(node: Node, folder: Path) -> Node:
    if isinstance(node.value, str):
        source, colon, rest = node.value.partition(":")
        is_path = colon and source.startswith(".")
        return node.with_value(f"{_join(source, folder)}:{rest}") if is_path else node
    kind = node.get("type")
    return _with_path(node, "source", folder) if kind and kind.value == "bind" else node
