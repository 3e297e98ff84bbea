"""A packet arrives more than once."""

from typing import Any

from lab.agent.wire.dice import Throw
from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.parameters import Parameter
from lab.agent.wire.passage import Passage


class Impairment(Base):
    """Deliver the packet more than once, one right after the other."""

    STAGE = Stage.COPY
    copies = True
    PARAMETERS = (Parameter("copies", int, "how many besides the first", 1, 100, default=1),)

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._copies: int = values["copies"]

    def act(self, passage: Passage, throw: Throw) -> str:
        """Add the copies."""
        del throw
        passage.copies += self._copies
        return f"{self._copies + 1} times"
