"""A scenario as data: frozen, no I/O. Its steps are `lab.scenario.steps`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.scenario.steps import Step


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario; `hosts` are bare ones, unless `compose` names the compose file they are of.

    `replicas` has the hosts of each service that has several. `traced` are those whose programs
    are, with `trace` at the top of the file. `text` is its file's, as it was read.
    """

    path: Path
    title: str
    shows: str
    reproduces: tuple[str, ...]
    steps: tuple[Step, ...]
    hosts: tuple[str, ...] = ()
    compose: Path | None = None
    seed: int = 1
    replicas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    traced: frozenset[str] = frozenset()
    text: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What a person calls it: the file's name without its ending."""
        return self.path.stem
