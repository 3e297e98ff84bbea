"""The result of a socket call: as data, which is evidence, and as Python's value or exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.agent.call_server import encoding
from lab.errors import UsageError


@dataclass(frozen=True, slots=True)
class Result:
    """A call that has returned; times are nanoseconds of CLOCK_REALTIME.

    `returned` and `raised` are as lab.agent.call_server.encoding wrote them: a value with bytes as
    {"text": ...} or {"hex": ...}; None or {"name", "errno", "type", "text"}. `addresses` are those
    of its socket, as far as known: `protocol`, `local` and `peer`.
    """

    began_ns: int
    ended_ns: int
    returned: Any = None
    raised: dict[str, Any] | None = None
    addresses: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> "Result":
        """Return the result that a message has.

        LookupError, TypeError or AttributeError when it has none.
        """
        times = message["began_ns"], message["ended_ns"]
        raised, addresses = message.get("raised"), message.get("addresses", {})
        if raised is not None and raised.keys() != {"name", "errno", "type", "text"}:
            text = f"raised {raised!r}"
            raise TypeError(text)
        if not all(type(one) is int for one in times) or not isinstance(addresses, dict):
            text = f"times {times!r}, addresses {addresses!r}"
            raise TypeError(text)
        return cls(*times, message.get("returned"), raised, addresses)

    def value(self) -> Any:
        """Return what the call returned, or raise what it raised, as Python's socket does.

        UsageError when it made no sense, such as a socket that is not there. Of more than 64 KiB
        only {"length", "sha256"} has come.
        """
        if self.raised is None:
            return encoding.decode(self.returned)
        if self.raised["type"] == "ParameterError":
            raise UsageError(self.raised["text"])
        raise encoding.decode_error(self.raised)
