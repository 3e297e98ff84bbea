"""Packets vanish, as on a bad line; nobody is told."""

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit


class Impairment(Base):
    """Drop the packet; nobody is told."""

    STAGE = Stage.END

    def act(self, passage: Transit, throw: Draw) -> str:
        """Lose it."""
        del throw
        passage.lost = True
        return "dropped"
