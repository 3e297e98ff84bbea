"""Durations as people type them: 500ms, 30s, 2m, 1h, or bare seconds; the same for every command.

One that is too long or too short is refused with what the agents themselves allow.
"""

import argparse
import re

from lab.agent.duration import FOR_MS, MOST_HOURS
from lab.net.parameters import shown

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h)?")
_UNITS_MS = {"ms": 1.0, "s": 1e3, "m": 60e3, "h": 3600e3}


def milliseconds(text: str) -> float:
    """Return a duration in ms, for argparse."""
    found = _DURATION.fullmatch(text.strip())
    value_ms = float(found[1]) * _UNITS_MS[found[2] or "s"] if found else 0.0
    if not FOR_MS.least <= value_ms <= FOR_MS.most:
        why = f"{shown(text)}: must be a time like 500ms, 30s, 2m or 1h, from 1ms to {MOST_HOURS}h"
        raise argparse.ArgumentTypeError(why)
    return value_ms


def seconds(text: str) -> float:
    """Return a duration in seconds, for argparse."""
    return milliseconds(text) / 1000
