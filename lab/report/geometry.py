"""The measures of the picture, in its own units: a unit is a pixel where there is room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

TIMES, TIMES_X = 62, 56  # the room of the times, and where they end
# What is left free beside the lanes, and between two of them, is what the words there need, within
# limits: what is wider goes on in a second line, or is cut.
MARGIN, LEAST_BESIDE = 14, 60
TWO_APART, TWO_BESIDE = (280, 440), 330
MORE_APART, MORE_BESIDE = (270, 300), 270
# Arrows end at the rail of a lane; labels of calls begin a little further out.
RAIL, LABEL = 5, 16
LOOP = 24  # how far from its lane the arrow of a host to itself turns back
BAR, BESIDE = 10, 7  # a bar's width; how far those of one lane stand from each other
INNER = 6  # the width of a bar within that of a program
_FREE = 6  # between words and what is beside them


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where the hosts' lanes stand, how many bars beside each other they have, and how wide the
    picture is."""

    hosts: tuple[str, ...]
    xs: tuple[int, ...]
    width: int
    columns: tuple[int, ...] = ()

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
        number = self.hosts.index(host)
        bars = self.columns[number] if self.columns else 1
        beside = LABEL + BESIDE * max(0, bars - 2)
        return (x - beside, "end") if self._is_left(number) else (x + beside, "start")

    def label_room(self, host: str) -> int:
        """Return how wide the labels of a host's calls can be."""
        x, anchor = self.label(host)
        if anchor == "end":
            return x - TIMES - _FREE
        ends = [self._begin(other) for other, there in enumerate(self.xs) if there > x]
        return min([self.width, *ends]) - x - _FREE

    def beside(self, source: str, target: str) -> tuple[int, int]:
        """Return the middle of the gap beside a lane on the way to another, and the room there.

        Words that are about two hosts stand there, and never on the lane of a third.
        """
        if source not in self.hosts or target not in self.hosts:
            return self.middle, self.middle_room
        begin, end = self.hosts.index(source), self.hosts.index(target)
        if begin == end:
            return self._gap(begin if self._is_left(begin) else begin - 1)
        return self._gap(min(begin, begin + (1 if end > begin else -1)))

    def side(self, host: str) -> int:
        """Return on which side of its lane the arrows of a host to itself are: 1 right, -1 left.

        The labels of its calls are on the other one.
        """
        return 1 if self._is_left(self.hosts.index(host)) else -1

    def loop_words(self, host: str) -> tuple[int, str, int]:
        """Return where the words of an arrow to itself stand, their text-anchor and their room.

        That is beside the arrow; of a host alone, on the other side of its lane, where room is.
        """
        number = self.hosts.index(host)
        if len(self.hosts) == 1:
            return *self.label(host), self.label_room(host)
        sign, x = self.side(host), self.xs[number]
        middle, room = self.beside(host, host)
        turn = x + sign * (RAIL + LOOP + _FREE)
        return turn, "start" if sign > 0 else "end", sign * (middle - turn) + room // 2

    @property
    def middle(self) -> int:
        """Where what belongs to no host stands."""
        if len(self.xs) < 2:
            return self.xs[0] if self.xs else self.width // 2
        return self._gap((len(self.xs) - 1) // 2)[0]

    @property
    def middle_room(self) -> int:
        """How wide that can be."""
        if len(self.xs) < 2:
            return self.width - TIMES - 2 * _FREE
        return self._gap((len(self.xs) - 1) // 2)[1]

    def _gap(self, number: int) -> tuple[int, int]:
        """Return the middle between a lane and the next one, and how wide what is there can be."""
        if not 0 <= number < len(self.xs) - 1:
            return self.middle, self.middle_room
        middle = (self.xs[number] + self.xs[number + 1]) // 2
        half = min(middle - self._end(number), self._begin(number + 1) - middle)
        return middle, 2 * (half - _FREE)

    def _is_left(self, number: int) -> bool:
        return len(self.hosts) > 1 and number == 0

    def _bars(self, number: int) -> int:
        return BESIDE * (self.columns[number] - 1) if self.columns else 0

    def _begin(self, number: int) -> int:
        """Return where the bars of a lane begin."""
        more = self._bars(number) if self._is_left(number) else 0
        return self.xs[number] - BAR // 2 - more

    def _end(self, number: int) -> int:
        more = 0 if self._is_left(number) else self._bars(number)
        return self.xs[number] + BAR // 2 + more


def lanes(
    hosts: Sequence[str],
    left: int = 300,
    right: int = 300,
    between: int = 400,
    columns: Sequence[int] = (),
) -> Lanes:
    """Place the lanes, with so much room on their left and right, and for what is between two."""
    least, most = TWO_APART if len(hosts) <= 2 else MORE_APART
    beside = TWO_BESIDE if len(hosts) <= 2 else MORE_BESIDE
    apart = max(least, min(most, between))
    first = TIMES + max(min(left, beside), LEAST_BESIDE)
    xs = tuple(first + apart * number for number in range(len(hosts)))
    last = xs[-1] if xs else first
    width = last + max(min(right, beside), LEAST_BESIDE)
    return Lanes(tuple(hosts), xs, width, tuple(columns))
