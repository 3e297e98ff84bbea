"""Nothing happens to packets: they are counted."""

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net.fate import OBSERVED, Effect


class Impairment(Base):
    """Do nothing to the packet but count it."""

    STAGE = Stage.END

    def is_alike(self, superpacket: Superpacket) -> bool:
        """Each segment meets the same."""
        del superpacket
        return True

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Leave the packet as it is."""
        del transit, draw
        return Effect(OBSERVED)
