"""The compose file as a structure whose parts have the right types, and the places in it.

YAML is read by `yaml`, variables are set by `interpolation`, types are checked by `schema`;
what the structure means is not known here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.compose import schema, yaml
from lab.compose.errors import PlaceError
from lab.compose.interpolation import VariableError, env_file, interpolate
from lab.errors import TopologyError


class Document:
    """A compose file that was read for the lab `name`; TopologyError when it cannot be."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.folder = path.resolve().parent
        self._root = yaml.parse(path)
        try:
            environment = {**env_file(self.folder / ".env", os.environ), **os.environ}
        except VariableError as error:
            raise TopologyError(str(error)) from error
        environment["COMPOSE_PROJECT_NAME"] = name
        value = yaml.value_of(path, self._root) if self._root else {}
        self.file: dict[str, Any]
        try:
            self.file = interpolate({} if value is None else value, environment)
        except VariableError as error:
            line = self._line_of_variable(error)
            raise TopologyError(f"{path}:{line}: {error}") from error
        except RecursionError as error:
            text = f"{path}: a part of it contains itself; mend its anchors and aliases"
            raise TopologyError(text) from error
        with self.places():
            schema.check(self.file)

    @contextmanager
    def places(self) -> Iterator[None]:
        """Give a PlaceError inside the file's name and the line."""
        try:
            yield
        except PlaceError as error:
            line = yaml.line_of(self._root, error.keys)
            raise TopologyError(f"{self.path}:{line}: {error}") from error

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the services, but those that only some profile has; TopologyError if none."""
        services = self.file.get("services")
        if not services:
            text = f"{self.path}: it has no services, so no hosts"
            raise TopologyError(text)
        entries = {key: entry or {} for key, entry in services.items()}
        found = {key: entry for key, entry in entries.items() if not entry.get("profiles")}
        if not found:
            text = f"{self.path}: all its services have profiles, so there are no hosts"
            raise TopologyError(text)
        return found

    def _line_of_variable(self, error: VariableError) -> int:
        """Return the line of the variable at fault, else the first that has one."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        named = [n for n, line in enumerate(lines, 1) if error.name and f"{{{error.name}" in line]
        return (named + [n for n, line in enumerate(lines, 1) if "$" in line] + [1])[0]
