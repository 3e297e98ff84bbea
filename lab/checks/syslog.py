"""Syslog lines, by what a condition asks of them. Pure."""

import re
from collections.abc import Iterator, Sequence

from lab.evidence.events import Event, StepsEnded, SyslogLine
from lab.model import LogLine
from lab.scenario.model import Condition

_WORDS = ("ident", "facility", "severity")


def fits(condition: Condition, line: SyslogLine | LogLine) -> bool:
    """Tell whether a line is meant."""
    for word in _WORDS:
        if getattr(condition, word) not in {None, getattr(line, word)}:
            return False
    if condition.on is not None and line.host not in {condition.on, *condition.hosts}:
        return False
    return re.search(condition.syslog or "", line.message) is not None


def of_run(events: Sequence[Event]) -> Iterator[SyslogLine]:
    """Yield the lines of the steps: what the end of the lab leaves in the syslog is none of it."""
    for event in events:
        if isinstance(event, StepsEnded):
            return
        if isinstance(event, SyslogLine):
            yield event
