"""Which compose files make a lab when none is named: those that Compose itself would take.

COMPOSE_FILE, COMPOSE_PATH_SEPARATOR, COMPOSE_ENV_FILES and COMPOSE_PROFILES may stand in the
environment or in `.env`. See "Set or change pre-defined environment variables" of Compose's
documentation.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.compose import dotenv
from lab.errors import TopologyError, VariableError
from lab.model import ComposeFiles

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    *("compose.override.yml", "compose.override.yaml"),
    *("docker-compose.override.yml", "docker-compose.override.yaml"),
)


def find(folder: Path = Path(), profiles: Sequence[str] = ()) -> ComposeFiles:
    """Return the files of a folder, or of the next one above it that has some.

    FileNotFoundError when there is none.
    """
    settings = environment(folder)
    if named := settings.get("COMPOSE_FILE"):
        separator = settings.get("COMPOSE_PATH_SEPARATOR") or os.pathsep
        paths = [folder / path for path in named.split(separator) if path]
        return ComposeFiles(tuple(paths), tuple(profiles))
    for one in (folder, *folder.resolve().parents):
        if first := _first(one, NAMES):
            second = _first(one, OVERRIDES)
            return ComposeFiles((first, second) if second else (first,), tuple(profiles))
    raise FileNotFoundError(NAMES[0])


def beside(path: Path) -> ComposeFiles:
    """Return a compose file that a person need not name, with what overrides it there."""
    second = _first(path.parent, OVERRIDES) if path.name in NAMES else None
    return ComposeFiles((path, second) if second else (path,))


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def environment(folder: Path) -> dict[str, str]:
    """Return what variables are set to, for the files of a folder: by this process, else `.env`."""
    listed = os.environ.get("COMPOSE_ENV_FILES", "")
    paths = [Path(path) for path in listed.split(",") if path] or [folder / ".env"]
    found: dict[str, str] = {}
    try:
        for path in paths:
            found.update(dotenv.read(path, {**found, **os.environ}))
    except VariableError as error:
        raise TopologyError(str(error)) from error
    return {**found, **os.environ}


def project_name(path: Path, named: object, settings: Mapping[str, str]) -> str:
    """Return the name of the project that Compose would make of a file, with this for its `name`.

    COMPOSE_PROJECT_NAME counts first, and last the folder. See "Specify a project name" of
    Compose's documentation.
    """
    if asked := settings.get("COMPOSE_PROJECT_NAME"):
        return asked
    text = str(named) if named else path.resolve().parent.name
    plain = re.sub(r"[^a-z0-9_-]", "", text.lower()).lstrip("_-")
    return plain or "socket-lab"


def profiles(asked: Sequence[str], settings: Mapping[str, str]) -> frozenset[str]:
    """Return the profiles that are asked for, here and in COMPOSE_PROFILES."""
    words = settings.get("COMPOSE_PROFILES", "").split(",")
    return frozenset(filter(None, (*asked, *(word.strip() for word in words))))
