"""A curve as shapes with coordinates within its row; the template only writes them down. Pure."""

from collections.abc import Iterator

from lab.report.call_text import counted
from lab.report.curve import BINS, Curve, Series, Strip, rate, series_words, strip_words, ticks
from lab.report.shapes import Line, Marks, Plot, Text
from lab.report.wrapping import LINE, Parts, lines, wrap

_EDGE, _HEAD, _Y_LABELS, _TALL, _X_LABELS, _STRIP, _SAMPLE = 4, 24, 94, 84, 18, 15, 30
_LETTER = 6.2  # of the small numbers at the axes


class _Drawing:
    """Draws a curve into a box around `middle`, `room` wide, from the top down."""

    def __init__(self, curve: Curve, packets: int, middle: int, room: int, began_ns: int) -> None:
        self._curve, self._packets, self._began_ns = curve, packets, began_ns
        self.x, self.width = middle - room // 2, room
        digits = max((len(f"{one.total:,}") for one in curve.strips), default=0)
        self._counts = self.x + room - 10
        self._left, self._right = self.x + _Y_LABELS, self._counts - round(digits * _LETTER) - 8
        self.texts: list[Text] = []
        self.numbers: list[Text] = []
        self._y = _HEAD

    def plot(self) -> Plot:
        lasted = f"in {self._curve.lasted_s:.3g} s"
        head: Parts = (("sign", "+"), ("many", counted(self._packets, "packet")), ("about", lasted))
        self.texts.append(Text(self.x + 12, self._y, "start", head))
        samples = [self._legend(one) for one in self._curve.series]
        top = self._y + 12
        bottom = top + _TALL
        high = list(ticks(max((one.peak_bps for one in self._curve.series), default=0)))
        grid = self._y_axis(high, top, bottom) + self._x_axis(top, bottom)
        drawn = [
            self._line(number, one, high[-1], bottom, sample)
            for number, (one, sample) in enumerate(zip(self._curve.series, samples, strict=True))
        ]
        self._y = bottom + _X_LABELS
        marks = [self._strip(one) for one in self._curve.strips]
        height = self._y + _EDGE + 6
        shown = tuple(self.texts), tuple(self.numbers), tuple(drawn), tuple(marks)
        return Plot(self.x, self.width, height, grid, *shown)

    def _legend(self, series: Series) -> str:
        """Say what a line is, after a sample of it; return the sample's path."""
        x = self.x + 12 + _SAMPLE
        named = f"{series.source} \N{RIGHTWARDS ARROW} {series.target}"
        words = series_words(series, self._curve.lasted_s)
        parts = (("many", named), *(("about", one) for one in words))
        wrapped = wrap(parts, self.x + self.width - 10 - x, 3)
        self._y += LINE + 2
        sample = f"M{self.x + 12} {self._y - 4}h{_SAMPLE - 8}"
        self.texts.append(Text(x, self._y, "start", wrapped))
        self._y += LINE * (len(lines(wrapped)) - 1)
        return sample

    def _y_axis(self, high: list[float], top: int, bottom: int) -> str:
        path = ""
        for value in high:
            y = round(bottom - (bottom - top) * value / high[-1])
            path += f"M{self._left} {y}H{self._right}"
            self.numbers.append(_number(self._left - 6, y + 4, "end", rate(value)))
        return path

    def _x_axis(self, top: int, bottom: int) -> str:
        """Write the times, on the clock of the page: seconds from the first step."""
        path = f"M{self._left} {top}V{bottom}"
        begin_s = (self._curve.began_ns - self._began_ns) / 1e9
        every = list(ticks(self._curve.lasted_s, 4 if self.width < 360 else 6))[1]
        digits = max(0, -int(f"{every:e}".partition("e")[2]))
        value = -(-begin_s // every) * every
        while value <= begin_s + self._curve.lasted_s:
            share = (value - begin_s) / self._curve.lasted_s
            x = round(self._left + (self._right - self._left) * share)
            path += f"M{x} {bottom}v4"
            text = f"{value:.{digits}f} s"
            half = len(text) * _LETTER / 2
            if self._left - half <= x <= self._right - half + 12:
                self.numbers.append(_number(x, bottom + 15, "middle", text))
            value += every
        return path

    def _line(self, way: int, series: Series, high: float, bottom: int, sample: str) -> Line:
        points = []
        for number, value in enumerate(series.bps):
            y = bottom - _TALL * value / high
            points.append(f"{self._at(number + 0.5):.1f} {y:.1f}")
        path = "M" + "L".join(points)
        area = f"{path}L{self._at(BINS - 0.5):.1f} {bottom}L{self._at(0.5):.1f} {bottom}z"
        return Line(way, path, area, sample)

    def _strip(self, strip: Strip) -> Marks:
        self._y += _STRIP
        said = strip_words(strip)
        self.numbers.append(_number(self._left - 6, self._y, "end", strip.effect))
        self.numbers.append(_number(self._counts, self._y, "end", f"{strip.total:,}"))
        return Marks(strip.effect, "".join(self._signs(strip)), said)

    def _signs(self, strip: Strip) -> Iterator[str]:
        before = -100.0
        for number, count in enumerate(strip.counts):
            x = self._at(number + 0.5)
            if not count or x - before < 3:
                continue
            before = x
            yield _SIGNS[strip.effect].format(x=f"{x:.1f}", y=self._y - 4)

    def _at(self, number: float) -> float:
        return self._left + (self._right - self._left) * number / BINS


# As on the arrows: a cross, a double bar, a diamond, two lines, a long dash; and a tip.
_SIGNS = {
    "dropped": "M{x} {y}m-3 -3l6 6m0 -6l-6 6",
    "held": "M{x} {y}m-1.5 -4v8m3 -8v8",
    "changed": "M{x} {y}m0 -4l4 4l-4 4l-4 -4z",
    "duplicate": "M{x} {y}m-3 -2h6m-6 4h6",
    "late": "M{x} {y}m-3 0h6",
    "retransmission": "M{x} {y}m-3 3l3 -6l3 6z",
}


def _number(x: int, y: int, anchor: str, text: str) -> Text:
    return Text(x, y, anchor, (("axis", text),))


def plot(curve: Curve, packets: int, place: tuple[int, int], began_ns: int) -> Plot:
    """Return the plot of a curve; `place` is the middle of its box, and how wide that is."""
    return _Drawing(curve, packets, *place, began_ns).plot()
