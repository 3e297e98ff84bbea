"""The figures of several rounds as one: the median, and how far the rounds lie apart. Pure."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Median, least and most of the rounds."""

    median: float
    least: float
    most: float


def spread(values: Iterable[float]) -> Spread:
    """Put the values of all rounds together; there must be one."""
    known = list(values)
    return Spread(statistics.median(known), min(known), max(known))


def ratios(values: Iterable[float], bases: Iterable[float]) -> Spread:
    """Divide round by round, so that what slowed a whole round down does not count."""
    return spread(value / base for value, base in zip(values, bases, strict=True))
