"""A service's environment: what the files of its `env_file` set, and over that what it says itself.

As Compose makes it: see "env_file" and "environment" of the Compose Specification.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.compose import dotenv, paths, values
from lab.compose.errors import at
from lab.errors import TopologyError, VariableError


def environment(
    key: str, service: Mapping[str, Any], folder: Path, own: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of a service; `own` is what variables are set to for the files.

    A name without value takes the one in `own`; without one there it is not set, whatever a file
    says. LocatedError when a file is not there, TopologyError with its PATH:LINE when it is wrong.
    """
    found: dict[str, str] = {}
    entries = service.get("env_file") or []
    listed = isinstance(entries, list)
    for number, entry in enumerate(entries if listed else [entries]):
        with at("services", key, "env_file", *([number] if listed else [])):
            found.update(_settings(entry, folder, {**own, **found}))
    own_entries = service.get("environment")
    for name in values.names(own_entries):
        found.pop(name, None)
    return {**found, **values.environment(own_entries, own)}


def _settings(entry: Any, folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    how = entry if isinstance(entry, dict) else {"path": entry}
    path = Path(paths.of_machine(how["path"], folder))
    kind = how.get("format") or ""
    if kind not in {"", "raw"}:
        text = f"{kind!r} is no format; leave it out, or write raw"
        raise ValueError(text)
    try:
        text = dotenv.text_of(path)
    except (OSError, UnicodeDecodeError) as error:
        if not isinstance(error, FileNotFoundError):
            why = getattr(error, "strerror", None) or "is not UTF-8 text"
            raise ValueError(f"{path}: {why}") from error
        if how.get("required", True):
            why = f"{path} is not there; make it, or say that it is not required: "
            raise ValueError(f"{why}{{path: {how['path']}, required: false}}") from error
        return {}
    if kind == "raw":
        return dotenv.parse_raw(text)
    try:
        return dotenv.parse(path, text, known)
    except VariableError as error:
        raise TopologyError(str(error)) from error
