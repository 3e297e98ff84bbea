"""A packet is held back until others have overtaken it."""

from collections import deque
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net.fate import Effect
from lab.net.parameters import Parameter


class Impairment(Base):
    """Hold the packet until later ones that match have passed; it is not lost if none comes."""

    STAGE = Stage.ORDER
    PARAMETERS = (
        Parameter("gap", int, "how many must pass", 1, 10_000, default=1),
        Parameter("hold_ms", float, "the longest that it is held", 1, 60_000, default=1_000.0),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._gap: int = values["gap"]
        self._hold_ns = round(values["hold_ms"] * 1e6)
        self._seen = 0
        # In the order in which they go on: how many have then been seen, when at the latest, which.
        self._held: deque[tuple[int, int, Transit]] = deque()

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Hold it until `gap` others have passed, at most `hold_ms`."""
        del draw
        self._freed(transit.at_ns)  # forgets those that have gone
        transit.at_ns += self._hold_ns
        self._held.append((self._seen + self._gap, transit.at_ns, transit))
        return Effect(f"held until {self._gap} have passed")

    def sees(self, transit: Transit) -> list[Transit]:
        """Count the one that passes."""
        self._seen += 1
        return self._freed(transit.at_ns)

    @property
    def looks_out(self) -> bool:
        """It keeps some, or has not yet heard that they have gone."""
        return bool(self._held)

    def _freed(self, now_ns: int) -> list[Transit]:
        freed = []
        while self._held and (self._held[0][0] <= self._seen or self._held[0][1] <= now_ns):
            _, until_ns, transit = self._held.popleft()
            if until_ns > now_ns:
                transit.at_ns = now_ns
                freed.append(transit)
        return freed
