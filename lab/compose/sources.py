"""What a file's `secrets` and `configs` come from: a file, a variable, or a text of its own."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.compose import paths
from lab.compose.errors import at
from lab.errors import LocatedError

KINDS = ("secrets", "configs")
_SOURCES = ("file", "environment", "content")


def check(file: Mapping[str, Any]) -> None:
    """Raise LocatedError for a secret or a config that has not just one source, as Compose does."""
    for kind in KINDS:
        for name, entry in (file.get(kind) or {}).items():
            given = [one for one in _SOURCES if one in (entry or {})]
            if len(given) != 1 and not (entry or {}).get("external"):
                allowed = [one for one in _SOURCES if one != "content" or kind == "configs"]
                problem = f"has {' and '.join(given)}; keep one" if given else "has no source; give"
                text = f"{kind}.{name} {problem}{'' if given else ' it ' + ' or '.join(allowed)}"
                raise LocatedError((kind, name), text)


def find(
    kind: str, name: str, entry: Mapping[str, Any], folder: Path, settings: Mapping[str, str]
) -> tuple[str, str]:
    """Return the path of the machine's file, "" for none, and else the text.

    `settings` are what variables are set to. LocatedError when it is not there.
    """
    here = (kind, name)
    if entry.get("external"):
        text = f"{kind}.{name}: one from outside the lab is not for a lab; give it a file"
        raise LocatedError((*here, "external"), text)
    if path := entry.get("file"):
        with at(*here, "file"):
            source = paths.of_machine(path, folder)
            if not os.path.exists(source):  # noqa: PTH110 - false for a name that is too long
                text = f"{source} is not there; make it, or name another"
                raise ValueError(text)
        return source, ""
    if variable := entry.get("environment"):
        with at(*here, "environment"):
            if variable not in settings:
                text = f"variable {variable} is not set; set it here, or in .env"
                raise ValueError(text)
        return "", settings[variable]
    return "", str(entry.get("content", ""))


def check_used(file: Mapping[str, Any], folder: Path, settings: Mapping[str, str]) -> None:
    """Raise LocatedError for what a service gets and is not there."""
    for service in file["services"].values():
        for kind in KINDS:
            for granted in service.get(kind) or ():
                name = granted["source"]
                if not (entry := file[kind][name]).get("external"):  # which Compose refuses itself
                    find(kind, name, entry, folder, settings)
