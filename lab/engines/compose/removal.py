"""Removes a lab, and sees that it is gone."""

import time

from lab.engines.compose.abandoned import QUIET_S
from lab.engines.compose.sweep import remove_containers, remove_everything
from lab.errors import EngineError

_REMOVED_WITHIN_S = 30.0
_LOOKS_AFTER_S = 0.02


def remove_all(name: str) -> None:
    """Remove a lab that nobody makes any more; EngineError when something cannot be removed."""
    deadline = time.monotonic() + _REMOVED_WITHIN_S
    while remove_everything(name):
        if time.monotonic() >= deadline:
            text = f"lab {name}: something of it cannot be removed; see docker ps -a"
            raise EngineError(text)
        time.sleep(_LOOKS_AFTER_S)  # the engine may be removing it


def remove_until_quiet(name: str) -> None:
    """Remove the lab when nothing of it has come for a while: a proxy may stand before the engine.

    Volumes last: a container that comes would make its own anew, without a label.
    """
    began = quiet_since = time.monotonic()
    while quiet_since + QUIET_S > (now := time.monotonic()) < began + _REMOVED_WITHIN_S:
        if remove_containers(name):
            quiet_since = now
        time.sleep(_LOOKS_AFTER_S)  # the pause of a poll, bounded by the deadline
    remove_all(name)
