"""Syslog lines, by what a condition asks of them. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.evidence.events import Event
from lab.scenario.model import Condition

_WORDS = ("ident", "facility", "severity")


def fits(condition: Condition, line: Mapping[str, Any]) -> bool:
    """Tell whether a line is meant; it has the fields of `lab.model.LogLine`."""
    for word in _WORDS:
        if getattr(condition, word) not in {None, line[word]}:
            return False
    if condition.on is not None and line["host"] not in {condition.on, *condition.hosts}:
        return False
    return re.search(condition.syslog or "", line["message"]) is not None


def of_run(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the lines of the steps: what the end of the lab leaves in the syslog is none of it."""
    for event in events:
        if event["kind"] == "played":
            return
        if event["kind"] == "syslog":
            yield event
