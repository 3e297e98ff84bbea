"""How long a call or a program may take: the keys `after`, `within` and `blocks`."""

from typing import NamedTuple

from lab.scenario import values
from lab.scenario.yaml import Mapping

DEFAULT_S = 10.0  # a call must have returned by then, unless it says otherwise
# None of them stands beside `blocks`.
TIMES = ("within", "after")


class Limits(NamedTuple):
    """In seconds. It lasts at least `after_s` and at most `within_s`.

    With `blocks_s` it must not have ended by then.
    """

    after_s: float | None
    within_s: float
    blocks_s: float | None


def read(step: Mapping) -> Limits:
    """Return the limits of a step. ParseError when they contradict each other."""
    blocks_s, within_s = values.seconds(step, "blocks"), values.seconds(step, "within")
    after_s = values.seconds(step, "after")
    if blocks_s is not None:
        # There is no end whose time could be judged.
        for key in TIMES:
            if key in step:
                raise step.error(key, "cannot stand beside blocks")
    within_s = DEFAULT_S if within_s is None else within_s
    if after_s is not None and after_s >= within_s:
        raise step.error("after", f"must be shorter than within ({within_s:g}s)")
    return Limits(after_s, within_s, blocks_s)
