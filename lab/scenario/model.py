"""A scenario as data: frozen, no I/O. Its steps are `lab.scenario.steps`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lab.scenario.steps import Step

_OF_FAULTS = {"fault", "lift"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario; `hosts` are bare ones, unless `compose` names the compose file they are of.

    `folder` is what bare hosts see of this machine, and where their programs start; None: nothing.
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
    folder: Path | None = None
    # That of bare hosts; "": the lab's own.
    image: str = ""
    seed: int = 1
    # Are its faults left out, to see what depends on them?
    is_control: bool = False
    replicas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    traced: frozenset[str] = frozenset()
    text: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What a person calls it: the file's name without its ending."""
        return self.path.stem

    def without_faults(self) -> "Scenario | None":
        """Return the same without its faults and their ends; None where it has none."""
        steps = tuple(one for one in self.steps if one.VERB not in _OF_FAULTS)
        if len(steps) == len(self.steps):
            return None
        return replace(self, steps=steps, is_control=True)
