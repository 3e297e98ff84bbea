"""Nothing happens to packets: they are counted."""

from lab.agent.wire.dice import Throw
from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.passage import Passage


class Impairment(Base):
    """Do nothing to the packet but count it."""

    STAGE = Stage.END

    def act(self, passage: Passage, throw: Throw) -> str:
        """Leave it as it is."""
        del passage, throw
        return "observed"
