"""Removes a lab: what is there, and what requests still make whose client has been ended."""

import time

from lab.engines.compose.abandoned import Requests
from lab.engines.compose.sweep import remove_containers, remove_everything
from lab.errors import EngineError

_REMOVED_WITHIN_S = 30.0
_QUIET_S = 1.0
_PATIENCE_S = 20.0
_LOOKS_AFTER_S = 0.02


def remove_all(name: str) -> None:
    """Remove a lab that nobody makes any more; EngineError when something cannot be removed."""
    deadline = time.monotonic() + _REMOVED_WITHIN_S
    while remove_everything(name):
        if time.monotonic() >= deadline:
            text = f"lab {name}: something of it cannot be removed; see docker ps -a"
            raise EngineError(text)
        time.sleep(_LOOKS_AFTER_S)  # the engine may be removing it


def remove_containers_that_come(name: str, requests: Requests, *, quiet_s: float = 0.0) -> None:
    """Remove the lab's containers until the engine has done what it was asked.

    For `quiet_s` besides none must come: a proxy may stand before the engine. So it must where
    requests are not visible. The volumes stay so long: a container that comes would make its own
    anew, without a label. Nor do containers wait: one may hold a request, by a program it runs.
    """
    if not requests.are_visible:
        quiet_s = max(quiet_s, _QUIET_S)
    quiet_since = time.monotonic()
    deadline = quiet_since + _PATIENCE_S  # what goes on longer may be somebody else's
    while True:
        # Asked before the sweep: what the engine has finished by now, the sweep sees.
        under_way = requests.under_way()
        found = remove_containers(name)
        now = time.monotonic()
        if found or under_way:
            quiet_since = now
        elif now - quiet_since >= quiet_s:
            return
        if now >= deadline:
            return
        time.sleep(_LOOKS_AFTER_S)  # the pause of a poll, bounded by the deadline
