"""Faults of the calls of programs in words: `connect fails with ETIMEDOUT`. Pure."""

from collections.abc import Mapping

from lab.evidence.events import Value

ERRNO, COUNT, DELAY = "errno", "count", "delay_ms"  # what the call gets; one of them
_NOT_SAID = frozenset({"call", ERRNO, COUNT, DELAY, "force"})


def kind(asked: Mapping[str, Value]) -> str:
    """Return which parameter says what the call gets; "" where none does."""
    return next((one for one in (ERRNO, COUNT, DELAY) if asked.get(one) is not None), "")


def effect(asked: Mapping[str, Value]) -> str:
    """Return what the call gets: `connect fails with ETIMEDOUT`."""
    call, its = asked.get("call"), kind(asked)
    value = asked.get(its)
    ways = {
        ERRNO: f"{call} fails with {value}",
        COUNT: f"{call} moves at most {value} byte{'' if value == 1 else 's'}",
        DELAY: f"{call} begins {value:g} ms later" if isinstance(value, int | float) else "",
    }
    return ways.get(its) or str(call)


def match(asked: Mapping[str, Value]) -> str:
    """Return which of the calls are meant: `peer server, protocol tcp, nth 3`; "": all."""
    return ", ".join(
        f"{name} {value}"
        for name, value in asked.items()
        if name not in _NOT_SAID and value is not None
    )


def in_words(asked: Mapping[str, Value]) -> str:
    """Return all of it: `connect fails with ETIMEDOUT (peer server, nth 3)`."""
    which = match(asked)
    return f"{effect(asked)} ({which})" if which else effect(asked)
