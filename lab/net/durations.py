"""Durations as text, `500ms` or `1m30s`: one syntax for scenarios, commands and compose files.

It is that of Go's time.ParseDuration, which Compose uses, without signs. Standard library only.
"""

import re

UNITS_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}
_NUMBER, _UNIT = r"(?:\d+(?:\.\d*)?|\.\d+)", f"(?:{'|'.join(UNITS_NS)})"
# As JSON Schema has patterns, too.
PATTERN = f"(?:{_NUMBER}{_UNIT})+"
_PART = re.compile(f"({_NUMBER})({_UNIT})")
_WHOLE = re.compile(PATTERN)
ALLOWED = f"a duration like 500ms, 1.5s or 1m30s, in {', '.join(UNITS_NS)}"
_MOST_SHOWN = 60


def seconds(text: str) -> float:
    """Return a duration in seconds; ValueError, with what is allowed, when the text is none."""
    if not _WHOLE.fullmatch(text):
        raise not_a_duration(text)
    return sum(float(number) * UNITS_NS[unit] for number, unit in _PART.findall(text)) / 1e9


def not_a_duration(value: object) -> ValueError:
    """Return the error for a value that is no duration."""
    shown = repr(value)
    shown = shown if len(shown) <= _MOST_SHOWN else f"{shown[: _MOST_SHOWN - 3]}..."
    return ValueError(f"{shown} must be {ALLOWED}")
