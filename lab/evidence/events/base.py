"""What every event has, and the table of all kinds."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

# JSON, as a socket call was given it or returned it. Bytes are {"text": ...} where they are UTF-8,
# else {"hex": ...}; more than 64 KiB of them are {"length": ..., "sha256": ...}.
Value = Any

# Keys of a line that are no fields of its event.
LINE_KEYS = {"kind", "number", "digest"}

KINDS: dict[str, type["Event"]] = {}
E = TypeVar("E", bound="type[Event]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, and when."""

    KIND: ClassVar[str] = ""

    time_ns: int = 0  # until the recorder writes it
    """When it was known, in nanoseconds since the epoch (CLOCK_REALTIME)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent(Event):
    """What a step of a scenario did."""

    step: int | None = None
    """The number of the step in the scenario, from 0; null for a test, and for what the end of the
    run did."""


def kind(name: str) -> Any:
    """Enter a class of events into the table, under the `kind` that the file has for it."""

    def enter(cls: E) -> E:
        if taken := LINE_KEYS & {one.name for one in fields(cls)}:
            text = f"{cls.__name__}: {', '.join(taken)}: every line has a key of that name"
            raise TypeError(text)
        cls.KIND = name
        KINDS[name] = cls
        return cls

    return enter
