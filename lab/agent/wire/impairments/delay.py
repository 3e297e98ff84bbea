"""Packets come later: each by the same time, or by one that varies (jitter)."""

import math
from statistics import NormalDist
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net.fate import Effect
from lab.net.parameters import Parameter, ParameterError

_MOST_MS = 600_000
# Pareto with this shape has a finite variance, and is what tc-netem's table has.
_SHAPE = 3.0
_MEAN = _SHAPE / (_SHAPE - 1)
_DEVIATION = math.sqrt(_SHAPE / ((_SHAPE - 1) ** 2 * (_SHAPE - 2)))
_NORMAL = NormalDist()
_LEAST = 2.0**-53


class Impairment(Base):
    """Deliver the packet later. Jitter is the half-width of uniform, else a standard deviation."""

    STAGE = Stage.DELAY
    PARAMETERS = (
        Parameter("delay_ms", float, "by so many milliseconds", 0, _MOST_MS, required=True),
        Parameter("jitter_ms", float, "more or less so much", 0, _MOST_MS, default=0.0, draws=True),
        Parameter(
            "distribution",
            str,
            "of the jitter",
            choices=("uniform", "normal", "pareto"),
            default="uniform",
        ),
        Parameter("overtake", bool, "later packets may come first (else in order)", default=False),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values; jitter may not ask for packets before they were sent."""
        self._delay_ms: float = values["delay_ms"]
        self._jitter_ms: float = values["jitter_ms"]
        self._draw = _DISTRIBUTIONS[values["distribution"]]
        self._overtake: bool = values["overtake"]
        self._last_ns = 0
        if self._jitter_ms > self._delay_ms:
            text = f"jitter_ms {self._jitter_ms:g}: must be at most delay_ms {self._delay_ms:g}"
            raise ParameterError(text)
        if self._overtake and not self._jitter_ms:
            raise ParameterError("overtake: needs jitter_ms; equal delays keep the order")

    def is_alike(self, superpacket: Superpacket) -> bool:
        """Without jitter each segment comes later by the same time."""
        del superpacket
        return not self._jitter_ms

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Add to the time when it is due."""
        delay_ms = self._delay_ms
        if self._jitter_ms:
            drawn = max(draw.number(b"jitter"), _LEAST)
            delay_ms = max(0.0, delay_ms + self._jitter_ms * self._draw(drawn))
        due_ns = transit.at_ns + round(delay_ms * 1e6)
        if not self._overtake:
            due_ns = self._last_ns = max(due_ns, self._last_ns)
        added_ns = due_ns - transit.at_ns
        transit.at_ns = due_ns
        return Effect(f"delayed {added_ns / 1e6:.3f} ms")


def _uniform(number: float) -> float:
    return 2 * number - 1


def _pareto(number: float) -> float:
    return float((number ** (-1 / _SHAPE) - _MEAN) / _DEVIATION)


# From a number above 0 and below 1 to one with mean 0; by inverting the distribution.
_DISTRIBUTIONS = {"uniform": _uniform, "normal": _NORMAL.inv_cdf, "pareto": _pareto}
