"""Durations as options of commands: as `lab.net.durations` has them, or bare seconds.

One that is too long or too short is refused with what the agents themselves allow.
"""

import argparse

from lab.agent.duration import FOR_MS, MOST_HOURS
from lab.net import durations
from lab.net.parameters import shown


def milliseconds(text: str) -> float:
    """Return a duration in ms, for argparse."""
    written = text.strip()
    try:
        # A bare number is one of seconds, which the syntax itself has not.
        unit = "s" if written[-1:].isdigit() or written[-1:] == "." else ""
        value_ms = durations.seconds(written + unit) * 1000
    except ValueError:
        value_ms = 0.0
    if not FOR_MS.least <= value_ms <= FOR_MS.most:
        allowed = f"{durations.ALLOWED}, or a number of seconds, from 1ms to {MOST_HOURS}h"
        why = f"{shown(text)}: must be {allowed}"
        raise argparse.ArgumentTypeError(why)
    return value_ms


def seconds(text: str) -> float:
    """Return a duration in seconds, for argparse."""
    return milliseconds(text) / 1000
