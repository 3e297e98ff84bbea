"""Nothing happens to packets: they are counted."""

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit


class Impairment(Base):
    """Do nothing to the packet but count it."""

    STAGE = Stage.END

    def act(self, passage: Transit, throw: Draw) -> str:
        """Leave it as it is."""
        del passage, throw
        return "observed"
