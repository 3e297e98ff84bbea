"""Packets vanish, as on a bad line; nobody is told."""

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net.fate import DROPPED, Effect


class Impairment(Base):
    """Drop the packet; nobody is told."""

    STAGE = Stage.END
    CUTS = True
    DROPS_ALL = True
    EVERY = "drop every packet"

    def is_alike(self, superpacket: Superpacket) -> bool:
        """Each segment meets the same."""
        del superpacket
        return True

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """End the packet's way here."""
        del draw
        transit.lost = True
        return Effect(DROPPED)
