"""What socket calls and programs were given and gave, and when, in words. Pure."""

import json
from datetime import UTC, datetime
from typing import Any

from lab.evidence.events import CallOutcome, ProgramInput

_MOST_CHARACTERS = 80


def time_of_day(time_ns: int) -> str:
    """Return nanoseconds since the epoch as the time of day, in UTC: `14:54:34.179015`."""
    return datetime.fromtimestamp(time_ns / 1e9, tz=UTC).strftime("%H:%M:%S.%f")


def plain(value: Any) -> Any:
    """Reduce data to its simplest form: what is UTF-8 is its text."""
    if isinstance(value, dict) and set(value) == {"text"}:
        return value["text"]
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def shown(value: Any) -> str:
    """Return a value as JSON, shortened."""
    text = json.dumps(plain(value), ensure_ascii=False)
    if len(text) <= _MOST_CHARACTERS:
        return text
    return f"{text[:_MOST_CHARACTERS]}... ({len(text)} characters)"


def result_text(event: CallOutcome) -> str:
    """Return what a call came to: `gave 5`, `raised EPIPE: Broken pipe`."""
    if event.is_pending:
        return "has not returned"
    if event.raised:
        return f"raised {event.raised}"
    return "returned" if event.result is None else f"gave {shown(event.result)}"


def input_text(event: ProgramInput) -> str:
    """Return what input a program was given: `sent "hello", closed`."""
    words = [f"sent {shown(event.data)}"] if event.data is not None else []
    return ", ".join([*words, *(["closed"] if event.close else [])])
