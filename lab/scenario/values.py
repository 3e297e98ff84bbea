"""Small values of a scenario: durations, links, hosts."""

import re
from collections.abc import Iterable
from typing import Any

from lab.scenario.nodes import Mapping, kind_of
from lab.suggestions import meant

DURATION_PATTERN = r"(\d+(?:\.\d+)?)(ms|s|m)"
# As far as a pattern can tell; whether they are hosts is another question.
LINK_PATTERN = r"^\s*\S.*->.*\S\s*$"
_DURATION = re.compile(DURATION_PATTERN)
_MOST_S = 24 * 60 * 60.0
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0}


def seconds(step: Mapping, key: str) -> float | None:
    """Return a duration in seconds, None where it is not given."""
    text = step.get(key, str)
    if text is None:
        return None
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise step.wrong(key, f"{text!r} must be a duration like 500ms, 1s or 2m")
    time_s = float(found[1]) * _UNITS_S[found[2]]
    if time_s > _MOST_S:
        raise step.wrong(key, f"{text!r} is too long; a day (1440m) is the most")
    return time_s


def count(step: Mapping, key: str, *, least: int = 0) -> int | None:
    """Return a number of things, None where it is not given."""
    number: int | None = step.get(key, int)
    if number is not None and number < least:
        raise step.wrong(key, f"{number} must be {least} or more")
    return number


def host(step: Mapping, key: str, hosts: Iterable[str]) -> str:
    """Return the name of a host that there is."""
    return known_host(step, key, str(step.need(key, str)), hosts)


def known_host(step: Mapping, key: str, name: str, hosts: Iterable[str]) -> str:
    """Return the name if it is one of the hosts'."""
    listed = list(hosts)
    if name not in listed:
        raise step.wrong(key, f"{name!r} is no host{meant(name, listed)}")
    return name


def link(step: Mapping, key: str, hosts: Iterable[str]) -> tuple[str, str]:
    """Return source and target of `client -> server`."""
    text = step.need(key, str)
    source, arrow, target = (part.strip() for part in text.partition("->"))
    if not arrow:
        raise step.wrong(key, f"{text!r} must be a link like client -> server")
    listed = list(hosts)
    ends = known_host(step, key, source, listed), known_host(step, key, target, listed)
    if source == target:
        raise step.wrong(key, f"{text!r}: a host has no link to itself")
    return ends


def refuse_nothing(step: Mapping, names: Iterable[str]) -> None:
    """Refuse those of these keys that stand there without a value."""
    for name in names:
        if name in step and step.raw(name) is None:
            raise step.wrong(name, "has no value; give one, or leave the key out")


def are_words(value: Any) -> bool:
    """Tell whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def texts(step: Mapping, key: str, listed: list[Any]) -> list[str]:
    """Return a list of texts and numbers as texts."""
    for one in listed:
        if type(one) not in {str, int, float}:
            raise step.wrong(key, f"must be texts and numbers, not {kind_of(one)}")
    return [str(one) for one in listed]
