"""Faults as people say them. Pure."""

from collections.abc import Mapping
from typing import Any

_ON_ALL = frozenset({"drop", "reject", "reset", "corrupt", "duplicate"})  # where nothing is matched
_UNITS = ("ms", "bps", "bytes", "s")


def fault_words(impairment: str, asked: Mapping[str, Any]) -> str:
    """Return a fault as people say it: `drop (tcp syn, first 1)`, `drop every packet`."""
    settings = []
    for key, value in asked.items():
        if value is None or value is False:
            continue
        name, _, unit = key.rpartition("_")
        if unit not in _UNITS or not name:
            name, unit = key, ""
        words = [name.replace("_", " ")] if name != impairment else []
        words += [str(value)] if value is not True else []
        words += [unit] if unit else []
        settings.append(" ".join(words))
    if not settings:
        return f"{impairment} every packet" if impairment in _ON_ALL else impairment
    return f"{impairment} ({', '.join(settings)})"
