"""Waits until the programs of hosts have done what they are about to do, such as to die."""

import time
from collections.abc import Iterable

from lab.api.host import Host
from lab.errors import LabError

_LOOKS, _LOOK_AGAIN_S = 2, 0.002


def wait_until_quiet(hosts: Iterable[Host], within_s: float) -> bool:
    """Wait until the programs of these hosts sleep or have ended; False when they never did.

    One look sees threads one after the other, and one of them may have woken another meanwhile: so
    two looks must agree. A host that is gone is quiet.
    """
    until_s = time.monotonic() + within_s
    there = list(hosts)
    looks = 0
    while looks < _LOOKS:
        looks = 0 if any(_is_busy(host) for host in there) else looks + 1
        if time.monotonic() > until_s:
            return False
        time.sleep(_LOOK_AGAIN_S)
    return True


def _is_busy(host: Host) -> bool:
    try:
        return host.is_busy()
    except LabError:
        return False
