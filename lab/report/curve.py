"""The throughput of many packets over time, for each direction, and what happened to them. Pure.

Throughput is the payload that was delivered, at the time when it was: retransmissions count where
they came, what was dropped does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lab.net.fate import DELIVERED, FATES
from lab.report.arrows import marks
from lab.report.call_text import duration
from lab.report.model import Packet

BINS = 80
_MOST_SERIES = 4
# What is marked under the curve, in this order, each in a strip of its own.
EFFECTS = (*(fate for fate in FATES if fate != DELIVERED), "retransmission")
_UNITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@dataclass(frozen=True, slots=True)
class Series:
    """A direction: `bps` is the throughput in bits per second in each of BINS equal times."""

    source: str
    target: str
    bytes: int
    packets: int
    bps: tuple[float, ...]

    @property
    def peak_bps(self) -> float:
        """The highest of them."""
        return max(self.bps, default=0.0)


@dataclass(frozen=True, slots=True)
class Strip:
    """How many packets something happened to in each of the times."""

    effect: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many in all."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Curve:
    """All directions, and all that happened; the time from begin to end is never 0."""

    began_ns: int
    ended_ns: int
    series: tuple[Series, ...]
    strips: tuple[Strip, ...]

    @property
    def lasted_s(self) -> float:
        """How long it took."""
        return (self.ended_ns - self.began_ns) / 1e9


def curve(packets: Sequence[Packet]) -> Curve:
    """Return it, of the directions with the most payload."""
    began_ns = packets[0].time_ns
    ends = [one.delivered_ns or one.time_ns for one in packets]
    ended_ns = max(began_ns + BINS, *ends)
    span_ns = ended_ns - began_ns

    def bin_of(time_ns: int) -> int:
        return min(BINS - 1, (time_ns - began_ns) * BINS // span_ns)

    bits: dict[tuple[str, str], list[int]] = {}
    counts: dict[tuple[str, str], int] = {}
    effects = {effect: [0] * BINS for effect in EFFECTS}
    for one in packets:
        way = one.source, one.target
        counts[way] = counts.get(way, 0) + 1
        if one.delivered_ns is not None:
            bits.setdefault(way, [0] * BINS)[bin_of(one.delivered_ns)] += 8 * one.length * one.times
        for effect in _effects(one):
            effects[effect][bin_of(one.time_ns)] += 1
    ways = sorted(bits, key=lambda way: -sum(bits[way]))[:_MOST_SERIES]
    per_s = BINS * 1e9 / span_ns
    series = tuple(
        Series(*way, sum(bits[way]) // 8, counts[way], tuple(one * per_s for one in bits[way]))
        for way in ways
    )
    strips = tuple(Strip(name, tuple(them)) for name, them in effects.items() if any(them))
    return Curve(began_ns, ended_ns, series, strips)


def _effects(packet: Packet) -> Iterator[str]:
    if packet.fates != (DELIVERED,):
        yield from (fate for fate in packet.fates if fate != DELIVERED)
    if packet.marks and "retransmission" in marks(packet):
        yield "retransmission"


def rate(bps: float) -> str:
    """Return a rate as people say it: `152 Mbit/s`, `0 bit/s`."""
    size, unit = next((one for one in _UNITS if bps >= one[0]), _UNITS[-1])
    return f"{bps / size:.3g} {unit}" if bps < 999.5 * size else f"{bps / size:.0f} {unit}"


def size(count: int) -> str:
    """Return a number of bytes as people say it: `50.0 MB`, `560 bytes`."""
    for least, unit in _SIZES:
        if count >= least:
            return f"{count / least:.3g} {unit}"
    return f"{count} byte{'' if count == 1 else 's'}"


def series_words(series: Series, lasted_s: float) -> list[str]:
    """Return what is said of a direction: how much, how fast on average and at its best."""
    if not series.bytes:
        return [f"{series.packets:,} packets without payload"]
    mean = rate(8 * series.bytes / lasted_s)
    return [f"{size(series.bytes)},", f"mean {mean},", f"peak {rate(series.peak_bps)}"]


def strip_words(strip: Strip) -> str:
    """Return how many packets something happened to: `8 dropped`, `9 retransmissions`."""
    name = strip.effect
    if name == "retransmission":
        name += "" if strip.total == 1 else "s"
    return f"{strip.total:,} {name}"


def spoken(curve: Curve, packets: int) -> str:
    """Return it for a reader who does not see it."""
    words = [f"{packets:,} packets in {duration(curve.ended_ns - curve.began_ns)}"]
    for one in curve.series:
        said = " ".join(series_words(one, curve.lasted_s))
        words.append(f"{one.source} to {one.target} {said}")
    return "; ".join([*words, *map(strip_words, curve.strips)])


def ticks(top: float, most: int = 4) -> Iterable[float]:
    """Return round numbers from 0 to at least `top`, about as many as asked for."""
    if top <= 0:
        return (0.0, 1.0)
    step = 10.0 ** (len(f"{top / most:.0f}") - 1) if top / most >= 1 else 1e-9
    while step < 1 and step * 10 <= top / most:
        step *= 10
    step *= next(factor for factor in (1, 2, 5, 10) if step * factor * most >= top)
    count = 1
    while step * count < top:
        count += 1
    return tuple(step * number for number in range(count + 1))
