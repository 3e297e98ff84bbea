"""The moments of a storm: which target gets which signal when, as functions of the seed."""

import random
import signal
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from tests.robustness.storm.targets import Target

# Of the moments of a command, so many have a second signal.
_TWICE, _AGAIN_WITHIN_S = 0.25, 0.3


class Moment(NamedTuple):
    """One of a target's; `share` is of the time that its command takes, from 0 to 1."""

    target: Target
    seed: int
    number: int
    signal: signal.Signals
    share: float
    again_after_s: float | None  # the same once more, as of a person without patience

    def __str__(self) -> str:
        where = f"{self.target.name}, moment {self.number} of seed {self.seed}"
        again = "" if self.again_after_s is None else f", and after {self.again_after_s:.3f} s"
        return f"{where}: {self.signal.name} at {100 * self.share:.1f} %{again}"


def drawn(target: Target, seed: int, count: int) -> Iterator[Moment]:
    """Yield a target's moments; the first ones are the same however many are asked for."""
    for number in range(count):
        rng = random.Random(f"{seed}/{target.name}/{number}")
        sent, share = rng.choice(target.signals), rng.random()
        twice = target.victim == "command" and rng.random() < _TWICE
        again_after_s = rng.uniform(0.0, _AGAIN_WITHIN_S) if twice else None
        yield Moment(target, seed, number, sent, share, again_after_s)


def spread(targets: Sequence[Target], seed: int, count: int) -> Iterator[Moment]:
    """Yield so many moments in all, the targets in turn."""
    each, more = divmod(count, len(targets))
    streams = [drawn(one, seed, each + (n < more)) for n, one in enumerate(targets)]
    for turn in zip_longest(*streams):
        yield from (moment for moment in turn if moment)
