"""The one place where tests wait: for a condition, with a deadline."""

import time
from collections.abc import Callable

WITHIN_S = 20.0


def wait_until(condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Return as soon as the condition holds; fail, naming `what`, when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(0.01)
