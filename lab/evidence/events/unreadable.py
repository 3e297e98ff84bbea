"""What the reader has instead of an event that it cannot read. Neither is ever written."""

from dataclasses import dataclass

from lab.evidence.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged(Event):
    """An event that has not the fields of its kind."""

    kind: str
    """The kind that the file has."""
    line: int
    """The line of the file, from 1."""
    text: str
    """What is wrong with it, for people."""
    is_altered: bool = False
    """The lines are not those that the lab has written: what they say proves nothing."""

    @property
    def what(self) -> str:
        """What is damaged and why, for people."""
        return f"line {self.line}: {self.kind} is damaged: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Event):
    """An event of a kind that only a later version of the format has."""

    kind: str
    """The kind that the file has."""
