"""The one place where tests wait: for a condition, with a deadline."""

import time
from collections.abc import Callable

WITHIN_S = 20.0
_LOOK_AGAIN_S, _AT_MOST_S = 0.01, 0.1  # later and later: to look takes from what is waited for


def wait_until(condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Return as soon as the condition holds; fail, naming `what`, when it does not in time."""
    deadline = time.monotonic() + within_s
    pause_s = _LOOK_AGAIN_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.2, _AT_MOST_S)
