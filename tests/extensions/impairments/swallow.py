"""Packets are eaten on the way."""

from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net.fate import Effect
from lab.net.parameters import Parameter


class Impairment(Base):
    """Swallow the packet; a large one is chewed first."""

    STAGE = Stage.END
    CUTS = True
    EVERY = "swallow every packet"
    PARAMETERS = (Parameter("chewing_ms", float, "for how long", 0, 1000, draws=True),)

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._chewing_ms: float | None = values["chewing_ms"]

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """End the packet's way."""
        del draw
        transit.lost = True
        return Effect("swallowed", "chewed first" if self._chewing_ms else "")
