"""What a service's programs may use: `ulimits`, as getrlimit(2) has them. Pure."""

import resource
from collections.abc import Mapping, Sequence
from typing import Any

from lab.compose.errors import at

Limits = dict[str, tuple[int, int]]
# The names that Docker takes; the standard library has none for this one, which Linux ignores.
_LOCKS = 10
NUMBERS = {
    name: getattr(resource, f"RLIMIT_{name.upper()}", _LOCKS)
    for name in (
        *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile"),
        *("nproc", "rss", "rtprio", "rttime", "sigpending", "stack"),
    )
}


def of_service(key: str, service: Mapping[str, Any]) -> Limits:
    """Return soft and hard limit of each name; -1 for none. Raise LocatedError."""
    found: Limits = {}
    for name, value in (service.get("ulimits") or {}).items():
        with at("services", key, "ulimits", name):
            if name not in NUMBERS:
                text = f"there is no such limit; there are {', '.join(NUMBERS)}"
                raise ValueError(text)
            soft, hard = (
                (value["soft"], value["hard"]) if isinstance(value, Mapping) else (value, value)
            )
            if min(soft, hard) < -1:
                text = f"{min(soft, hard)} is no limit; write 0 or more, or -1 for none"
                raise ValueError(text)
            if hard != -1 and not 0 <= soft <= hard:
                text = f"the soft limit, {soft}, is more than the hard one, {hard}; swap them"
                raise ValueError(text)
            found[name] = soft, hard
    return found


def allowed(limits: Limits, most: Mapping[str, int]) -> Limits:
    """Return the limits where none can be above `most`, the hard ones that there are (-1: none)."""
    return {
        name: (_lower(soft, most[name]), _lower(hard, most[name]))
        for name, (soft, hard) in limits.items()
    }


def of_this_machine() -> dict[str, int]:
    """Return the hard limits of this process, which its children can have at most; -1 for none."""
    return {name: resource.getrlimit(number)[1] for name, number in NUMBERS.items()}


def text(limits: Mapping[str, Sequence[int]]) -> str:
    """Return limits as one word, for a command line."""
    return ",".join(f"{name}={soft}:{hard}" for name, (soft, hard) in limits.items())


def of_text(word: str) -> Limits:
    """Undo `text`."""
    found = (one.replace("=", ":").split(":") for one in word.split(","))
    return {name: (int(soft), int(hard)) for name, soft, hard in found}


def apply(limits: Mapping[str, tuple[int, int]]) -> None:
    """Give this process the limits; OSError or ValueError when it cannot have them."""
    for name, (soft, hard) in limits.items():
        resource.setrlimit(NUMBERS[name], (soft, hard))


def _lower(value: int, most: int) -> int:
    if most == -1 or 0 <= value <= most:
        return value
    return most
