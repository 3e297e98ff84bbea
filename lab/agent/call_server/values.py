"""The kinds of values in calls: names of sockets, data, times, addresses, flags, options.

What `read` takes is what a file or a request has; what it returns, what Python's socket takes.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from lab.net import constants, durations
from lab.net.data import Data
from lab.net.parameters import Kind

_NAME = re.compile(r"[A-Za-z_#][A-Za-z0-9_#-]*")
_TEXT = {"type": "string"}
_DURATION_SCHEMA = {"type": "string", "pattern": f"^-?{durations.PATTERN}$"}


class OpenName(Kind):
    """The name of a socket or file that is open on the host."""

    ALLOWED = "the name of an open socket"
    SCHEMA: ClassVar[Mapping[str, Any]] = {"type": "string", "pattern": f"^{_NAME.pattern}$"}

    @classmethod
    def read(cls, value: Any) -> str:
        """Return it."""
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise ValueError
        return value


class NewName(OpenName):
    """The name that the call gives to the socket or file that it makes."""

    ALLOWED = "a new name, of letters, digits, - and _"


class Duration(Kind):
    """A time; a bare number is seconds, as in Python, which refuses those below 0 itself."""

    ALLOWED = f"{durations.ALLOWED}, or a number of seconds"
    SCHEMA: ClassVar[Mapping[str, Any]] = {"anyOf": [_DURATION_SCHEMA, {"type": "number"}]}

    @classmethod
    def read(cls, value: Any) -> float:
        """Return seconds."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, str):
            raise ValueError
        size_s = durations.seconds(value.removeprefix("-"))
        return -size_s if value.startswith("-") else size_s


class Address(Kind):
    """Where to: an address, whose family is its socket's."""

    ALLOWED = "host:port, [IPv6]:port, or of a Unix socket a path or @name"
    SCHEMA: ClassVar[Mapping[str, Any]] = _TEXT

    @classmethod
    def read(cls, value: Any) -> str:
        """Return it as it is; what it means depends on the socket."""
        if not isinstance(value, str):
            raise ValueError
        return value


class Flags(Kind):
    """Flags as send(2) and recv(2) spell them."""

    ALLOWED = "MSG_ names, as one text (MSG_PEEK | MSG_DONTWAIT) or a list"
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        "anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "integer"}]
    }

    @classmethod
    def read(cls, value: Any) -> int:
        """Return the number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        words = value.split("|") if isinstance(value, str) else value
        if not isinstance(words, list):
            raise ValueError
        return sum({constants.flag(str(word).strip()) for word in words})


class Option(Kind):
    """A socket option, as socket(7), tcp(7), ip(7), ipv6(7) and udp(7) spell it."""

    ALLOWED = "a socket option such as SO_KEEPALIVE, TCP_USER_TIMEOUT or IP_MTU"
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            {"type": "string", "pattern": "^(SO|TCP|UDP|IP|IPV6)_[A-Z0-9_]+$"},
            {"type": "integer"},
        ]
    }

    @classmethod
    def read(cls, value: Any) -> str | int:
        """Return its name, or its number (whose level must then be given)."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, str):
            raise ValueError
        constants.option(value)
        return value


class Level(Kind):
    """The level of an option; it need not be given for one that has a name."""

    ALLOWED = f"one of {', '.join(constants.LEVELS)}"
    SCHEMA: ClassVar[Mapping[str, Any]] = {
        "anyOf": [{"enum": list(constants.LEVELS)}, {"type": "integer"}]
    }

    @classmethod
    def read(cls, value: Any) -> int:
        """Return the number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return constants.number(constants.LEVELS, value)


class OptionValue(Kind):
    """What an option is set to."""

    ALLOWED = (
        "a whole number, true or false, a name such as IP_PMTUDISC_DO, a time for SO_RCVTIMEO, "
        "text, {hex: ...}, or {on: true, seconds: 0} for SO_LINGER"
    )
    SCHEMA: ClassVar[Mapping[str, Any]] = {"type": ["integer", "boolean", "string", "object"]}

    @classmethod
    def read(cls, value: Any) -> Any:
        """Return it as it is; what it means depends on the option."""
        if isinstance(value, Mapping):
            if set(value) == {"hex"}:
                return Data.read(value)
            on, seconds = value.get("on"), value.get("seconds")
            if set(value) != {"on", "seconds"} or not isinstance(on, bool):
                raise ValueError
            if not isinstance(seconds, int):
                raise ValueError
        elif not isinstance(value, int | str):
            raise ValueError
        return value
