"""What is known while the steps of a file are read, one after the other."""

from dataclasses import dataclass, field

from lab.scenario.hosts import Hosts
from lab.scenario.names import Names
from lab.scenario.yaml import Mapping


@dataclass
class Reading:
    """The hosts of the file, and the names that its steps have made so far."""

    hosts: Hosts
    # Is it about to be run here? Evidence may be judged on a machine with another kernel.
    has_kernel: bool = True
    # The hosts whose programs are traced, unless a step says otherwise.
    traced: frozenset[str] = frozenset()
    names: Names = field(default_factory=Names)
    unnamed: int = 0

    def fault_name(self, step: Mapping) -> str:
        """Return the name after `as`, or one that nobody can have written."""
        self.unnamed += 1
        # One line may have several of them.
        numbered = f"(line {step.line}, {self.unnamed})"
        line = f"(line {step.line})"
        default = numbered if line in self.names.all_faults else line
        given: str = step.get("as", str, default=default)
        return given
