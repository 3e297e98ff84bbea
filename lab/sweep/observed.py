"""What became of the programs of a run, read from its evidence."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lab.errors import EvidenceError
from lab.evidence import event_file, folders
from lab.evidence.events import (
    CallFaultOff,
    Event,
    FaultOff,
    ProgramOutcome,
    StepsEnded,
)
from lab.evidence.packets import packets
from lab.evidence.verdict import Verdict, failures
from lab.runner.run import Outcome
from lab.sweep.faults import NAME
from lab.sweep.positions import PacketKind, kind_of

_TRACEBACK = "Traceback (most recent call last)"
_SIGNALLED = 128  # and the number of the signal, as of a shell


@dataclass(frozen=True, slots=True)
class ProgramEnd:
    """A program; `exit_status` None: it had not ended, after `took_s`.

    `name` is that of `later`; of others it is the number of their step among such.
    """

    host: str
    name: str
    exit_status: int | None
    output: str
    errors: str
    took_s: float

    @property
    def is_crash(self) -> bool:
        """Has a signal ended it, or an exception that it did not handle?"""
        return (self.exit_status or 0) > _SIGNALLED or _TRACEBACK in self.errors

    @property
    def last_words(self) -> str:
        """The last line that it wrote to standard error."""
        return next(reversed(self.errors.strip().splitlines()), "")


@dataclass(frozen=True, slots=True)
class Observed:
    """A run: its programs in their order, on how much the fault acted, SYNs that were sent."""

    programs: tuple[ProgramEnd, ...]
    acted: int
    syns: int
    verdict: Verdict
    # What the scenario itself expects and has not got: "LINE: WHAT", or "".
    failed: str
    folder: str

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Read the evidence of a run. EvidenceError when there is none."""
        events = event_file.read(outcome.folder)
        bad = next(iter(failures(outcome.judgements)), None)
        return cls(
            programs=tuple(_programs(events)),
            acted=sum(_acted(events)),
            syns=_syns(outcome.folder, events),
            verdict=outcome.verdict,
            failed=f"{bad.line}: {bad.what}" if bad else "",
            folder=str(outcome.folder),
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Undo `to_json`."""
        programs = tuple(ProgramEnd(**one) for one in found["programs"])
        return cls(**{**found, "programs": programs, "verdict": Verdict(found["verdict"])})


def _programs(events: Sequence[Event]) -> Iterator[ProgramEnd]:
    last: dict[str | int, ProgramOutcome] = {}
    for event in events:
        if isinstance(event, ProgramOutcome):
            # A second event of a program knows more of it.
            last[event.name or event.ran_in_step or 0] = event
    unnamed = 0
    for event in last.values():
        unnamed += not event.name
        until_ns = event.ended_ns or event.time_ns
        yield ProgramEnd(
            host=event.host,
            name=event.name or str(unnamed),
            exit_status=event.exit_status,
            output=event.output,
            errors=event.errors,
            took_s=round((until_ns - event.began_ns) / 1e9, 6),
        )


def _acted(events: Sequence[Event]) -> Iterator[int]:
    for event in events:
        if isinstance(event, FaultOff) and event.name == NAME:
            yield event.counters.acted_packets
        elif isinstance(event, CallFaultOff) and event.name == NAME:
            yield event.acted_calls


def _syns(folder: Path, events: Sequence[Event]) -> int:
    """Return how many SYNs there were before the end of the steps, each connection's first alone.

    What TCP sends again has the same ports and the same sequence number.
    """
    ended = [event.time_ns for event in events if isinstance(event, StepsEnded)]
    until_ns = ended[0] if ended else None
    found = set()
    with suppress(EvidenceError):  # it is not whole, and the verdict says so
        for one in packets(folder / folders.CAPTURE):
            is_before = until_ns is None or one.time_ns <= until_ns
            if is_before and kind_of(one.packet) is PacketKind.SYN:
                found.add((one.link, one.packet.source_port, one.packet.sequence))
    return len(found)
