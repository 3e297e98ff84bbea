"""Syslog lines, by what a condition asks of them. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from lab.scenario.model import Condition

_WORDS = {"host": "on", "ident": "ident", "facility": "facility", "severity": "severity"}


def fits(condition: Condition, line: Mapping[str, Any]) -> bool:
    """Tell whether a line is meant; it has the fields of `lab.model.LogLine`."""
    for field, word in _WORDS.items():
        if getattr(condition, word) not in {None, line[field]}:
            return False
    return re.search(condition.syslog or "", line["message"]) is not None
