"""The compose files of a lab as a structure whose parts have the right types, and the places in it.

`loading` makes one tree of them, `schema` checks its types; what the structure means is not known
here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lab.compose import files, references, replicas, schema
from lab.compose.loading import load
from lab.compose.replicas import Expanded
from lab.errors import LocatedError, TopologyError
from lab.model import ComposeFiles


class Document:
    """The compose files that were read for the lab `name`; TopologyError when they cannot be.

    `environment` is what their variables were set by: `settings`, or what the folder's are.
    """

    def __init__(
        self, of: ComposeFiles, name: str, settings: Mapping[str, str] | None = None
    ) -> None:
        self.path = of.paths[0]
        self.topology = of.resolved()
        self.folder = self.path.resolve().parent
        self.environment = {
            **(files.environment(self.folder) if settings is None else settings),
            "COMPOSE_PROJECT_NAME": name,
        }
        self._profiles = files.profiles(of.profiles, self.environment)
        self._tree = load(of.paths, self.environment)
        self.file: dict[str, Any] = self._tree.plain()
        with self.places():
            schema.check(self.file)

    @contextmanager
    def places(self) -> Iterator[None]:
        """Give a LocatedError inside the file's name and the line."""
        try:
            yield
        except LocatedError as error:
            node = self._tree.at(error.keys)
            raise TopologyError(f"{node.path}:{node.line}: {error}") from error

    def hosts(self) -> Expanded:
        """Return a service for each host.

        TopologyError for what Compose refuses of a file, whoever reads it for whichever engine.
        """
        services = self.services()
        with self.places():
            expanded = replicas.expand(services)
            with expanded.places():
                references.check(self.file, expanded.services)
        return expanded

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the services that have no profile, or one that is asked for.

        TopologyError if there are none, or one of them needs one that is not among them.
        """
        services = self.file.get("services")
        if not services:
            text = f"{self.path}: it has no services, so no hosts"
            raise TopologyError(text)
        entries = {key: entry or {} for key, entry in services.items()}
        found = {key: entry for key, entry in entries.items() if self._is_asked_for(entry)}
        if not found:
            names = sorted({one for entry in entries.values() for one in entry["profiles"]})
            text = f"{self.path}: all its services have profiles, so there are no hosts"
            raise TopologyError(f"{text}; ask for one with --profile ({', '.join(names)})")
        with self.places():
            for key, entry in found.items():
                self._check_needed(key, entry, entries, found)
        return found

    def profiles_of_others(self) -> dict[str, tuple[str, ...]]:
        """Return the profiles of each service that has some, and none that is asked for."""
        entries = {key: entry or {} for key, entry in (self.file.get("services") or {}).items()}
        return {
            key: tuple(entry["profiles"])
            for key, entry in entries.items()
            if not self._is_asked_for(entry)
        }

    def _is_asked_for(self, entry: dict[str, Any]) -> bool:
        profiles = entry.get("profiles")
        return not profiles or "*" in self._profiles or not self._profiles.isdisjoint(profiles)

    def _check_needed(
        self, key: str, entry: dict[str, Any], every: dict[str, Any], found: dict[str, Any]
    ) -> None:
        needed = entry.get("depends_on") or {}
        for other in needed:
            how = needed[other] if isinstance(needed, dict) else None
            if other in every and other not in found and (how or {}).get("required", True):
                profiles = " or ".join(every[other]["profiles"])
                text = f"services.{key}: depends on {other}, which only the profile {profiles} has"
                place = ("services", key, "depends_on", other)
                raise LocatedError(place, f"{text}; ask for it with --profile")
