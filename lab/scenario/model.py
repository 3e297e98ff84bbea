"""A scenario as data: frozen, no I/O. Its steps are `lab.scenario.steps`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.scenario.steps import Step


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario; `hosts` are bare ones, unless `compose` names the compose file they are of.

    `folder` is what bare hosts see of this machine, and where their programs start; None: nothing.
    `replicas` has the hosts of each service that has several. `text` is its file's, as it was read.
    """

    path: Path
    title: str
    shows: str
    reproduces: tuple[str, ...]
    steps: tuple[Step, ...]
    hosts: tuple[str, ...] = ()
    compose: Path | None = None
    folder: Path | None = None
    seed: int = 1
    replicas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What a person calls it: the file's name without its ending."""
        return self.path.stem
