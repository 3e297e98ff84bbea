"""The measures of the picture, in its own units: a unit is a pixel where there is room. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TIMES, TIMES_X = 62, 56  # the room of the times, and where they end
# What is left free beside the lanes, and between two of them, is what the words there need.
MARGIN, LEAST_BESIDE = 14, 60
TWO_APART, MORE_APART = (280, 400), 280
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

    def is_between(self, host: str) -> bool:
        """Tell whether the labels of a host's calls stand between two lanes."""
        return host in self.hosts[1:-1]

    @property
    def middle(self) -> int:
        """Where what belongs to no host stands."""
        return (self.xs[0] + self.xs[-1]) // 2 if self.xs else self.width // 2


def lanes(hosts: Sequence[str], left: int = 300, right: int = 300, between: int = 400) -> Lanes:
    """Place the lanes, with so much room on their left and right, and for what is between two."""
    least, most = TWO_APART
    apart = max(least, min(most, between)) if len(hosts) <= 2 else MORE_APART
    first = TIMES + max(left, LEAST_BESIDE)
    xs = tuple(first + apart * number for number in range(len(hosts)))
    last = xs[-1] if xs else first
    return Lanes(tuple(hosts), xs, last + max(right, LEAST_BESIDE))


# How wide a letter is, in the fonts of the page; a guess for those that it is not shown in.
LETTER = 7.3
_WIDTHS = {"label": LETTER, "ident": 7.4, "said": 7.3, "name": 8.2, "error": 8.6, "fault": 7.8}
_WIDTH = 7.1


def width(parts: Iterable[tuple[str, str]]) -> int:
    """Return how wide words will be, about; of two lines, the longer."""
    lines = [0.0, 0.0]
    for kind, word in parts:
        lines[kind == "below"] += (len(word) + 1) * _WIDTHS.get(kind, _WIDTH)
    return round(max(lines))
