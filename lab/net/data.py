"""Bytes, as files, requests and people write them."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from lab.net.parameters import Kind

_MOST_BYTES = 1 << 26
_TEXT = {"type": "string"}
_HEX = "hex:"


class Data(Kind):
    """Bytes."""

    ALLOWED = "text, {hex: 00ff} or {repeat: x, times: 10000}"
    ANNOTATION = "str | bytes | dict[str, Any]"
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            _TEXT,
            {
                "type": "object",
                "properties": {"text": _TEXT},
                "required": ["text"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"hex": {"type": "string", "pattern": r"^\s*([0-9A-Fa-f]{2}\s*)*$"}},
                "required": ["hex"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {
                    "repeat": _TEXT,
                    "times": {"type": "integer", "minimum": 0, "maximum": _MOST_BYTES},
                },
                "required": ["repeat", "times"],
                "additionalProperties": False,
            },
        ]
    }

    @classmethod
    def read(cls, value: Any) -> bytes:
        """Return the bytes; text is UTF-8."""
        match value:
            case str():
                return value.encode()
            case {"text": str() as text, **rest} if not rest:
                return text.encode()
            case {"hex": str() as digits, **rest} if not rest:
                return bytes.fromhex(digits)
            case {"repeat": str() as unit, "times": int() as times, **rest} if not rest:
                if (
                    not isinstance(times, bool)
                    and times >= 0
                    and times * len(unit.encode()) <= _MOST_BYTES
                ):
                    return unit.encode() * times
        raise ValueError

    @classmethod
    def from_words(cls, text: str) -> Any:
        """Return what a person types as a file has it: `hex:00ff` is {hex: 00ff}."""
        return {"hex": text.removeprefix(_HEX)} if text.startswith(_HEX) else text


class Pattern(Kind):
    """A regular expression, for bytes: `re`'s syntax; `.` is any byte, also a newline."""

    ALLOWED = "a regular expression (Python's re)"
    ANNOTATION = "str"
    SCHEMA: ClassVar[Mapping[str, Any]] = {"type": "string", "format": "regex", "minLength": 1}

    @classmethod
    def read(cls, value: Any) -> re.Pattern[bytes]:
        """Return it, compiled; text is UTF-8."""
        if not isinstance(value, str) or not value:
            raise ValueError
        try:
            return re.compile(value.encode(), re.DOTALL)
        except (re.error, OverflowError, RecursionError):
            raise ValueError from None


def in_words(value: Any) -> Any:
    """Return data of a file as a person types them; any other value as it is."""
    match value:
        case {"hex": str() as digits}:
            return f"{_HEX}{''.join(digits.split())}"
        case {"text": str() as text}:
            return text
        case {"repeat": str() as unit, "times": times}:
            return f"{times} times {unit}"
    return value


def without_bytes(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON has them: Python's bytes are {"hex": ...}."""
    return {
        name: {"hex": bytes(value).hex()} if isinstance(value, bytes | bytearray) else value
        for name, value in asked.items()
    }
