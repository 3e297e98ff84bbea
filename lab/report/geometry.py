"""The measures of the picture, in its own units: a unit is a pixel where there is room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

TIMES, LEFT, RIGHT = 62, 296, 304
TWO_APART, MORE_APART = 400, 280
# Arrows end at the rail of a lane; labels of calls begin a little further out.
RAIL, LABEL = 5, 16


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where the hosts' lanes stand, and how wide the picture is."""

    hosts: tuple[str, ...]
    xs: tuple[int, ...]
    width: int

    def x(self, host: str) -> int | None:
        """Return the middle of a host's lane; None where it has none."""
        return self.xs[self.hosts.index(host)] if host in self.hosts else None

    def label(self, host: str) -> tuple[int, str]:
        """Return where the labels of a host's calls stand, and their text-anchor.

        Those of the first of several hosts are on its left, where no arrows are.
        """
        x = self.x(host)
        if x is None:
            return TIMES + LABEL, "start"
        is_first = len(self.hosts) > 1 and host == self.hosts[0]
        return (x - LABEL, "end") if is_first else (x + LABEL, "start")

    @property
    def middle(self) -> int:
        """Where what belongs to no host stands."""
        return (self.xs[0] + self.xs[-1]) // 2 if self.xs else self.width // 2


def lanes(hosts: Sequence[str]) -> Lanes:
    """Place the lanes."""
    apart = TWO_APART if len(hosts) <= 2 else MORE_APART
    xs = tuple(TIMES + LEFT + apart * number for number in range(len(hosts)))
    last = xs[-1] if xs else TIMES + LEFT
    return Lanes(tuple(hosts), xs, last + (RIGHT if len(hosts) > 1 else RIGHT + TWO_APART))
