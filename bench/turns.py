"""Ways to bring the same up and down, in turn: A B C A B C, so that a slow moment hits all alike.

Owns the order and the clock. What a way does is its own affair.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.spread import Spread, ratios, spread
from lab.api.engine import Progress


@dataclass(frozen=True)
class Turn:
    """What one way took in one round."""

    up_s: float
    down_s: float


@dataclass(frozen=True)
class Way:
    """One way; `once` goes up and down. The ratios of a group are against its first way."""

    name: str
    group: str
    once: Callable[[], Turn]


@dataclass(frozen=True)
class Row:
    """What the rounds gave for a way; the ratios are against the base of the same round."""

    way: str
    up_s: Spread
    down_s: Spread
    up_to_base: Spread
    down_to_base: Spread


def timed(up: Callable[[], object], down: Callable[[], object]) -> Turn:
    """Do both, one after the other."""
    return Turn(seconds(up), seconds(down))


def seconds(act: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def in_turn(ways: Sequence[Way], rounds: int, what: str, progress: Progress) -> list[Row]:
    """Let every way take its turn in every round; return a row for each, in the same order."""
    turns: dict[Way, list[Turn]] = {way: [] for way in ways}
    for number in range(1, rounds + 1):
        for way in ways:
            progress(f"{what}: round {number} of {rounds}", f"{way.group} {way.name}".strip())
            turns[way].append(way.once())
    return [_row(way, turns) for way in ways]


def _row(way: Way, turns: dict[Way, list[Turn]]) -> Row:
    base = next(other for other in turns if other.group == way.group)
    ups, downs = _columns(turns[way])
    base_ups, base_downs = _columns(turns[base])
    to_base = ratios(ups, base_ups), ratios(downs, base_downs)
    return Row(way.name, spread(ups), spread(downs), *to_base)


def _columns(turns: Sequence[Turn]) -> tuple[list[float], list[float]]:
    return [turn.up_s for turn in turns], [turn.down_s for turn in turns]
