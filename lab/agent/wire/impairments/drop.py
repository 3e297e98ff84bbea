"""Packets vanish, as on a bad line; nobody is told."""

from lab.agent.wire.dice import Throw
from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.passage import Passage


class Impairment(Base):
    """Drop the packet; nobody is told."""

    STAGE = Stage.END

    def act(self, passage: Passage, throw: Throw) -> str:
        """Lose it."""
        del throw
        passage.lost = True
        return "dropped"
