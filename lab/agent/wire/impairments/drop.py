"""Packets vanish, as on a bad line; nobody is told."""

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net.fate import DROPPED, Effect


class Impairment(Base):
    """Drop the packet; nobody is told."""

    STAGE = Stage.END
    CUTS = True
    EVERY = "drop every packet"

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """End the packet's way here."""
        del draw
        transit.lost = True
        return Effect(DROPPED)
