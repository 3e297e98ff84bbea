"""Events of the run as a whole: what it is, its hosts, and what kept it from being whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.evidence.events.base import Event, StepEvent, kind

FORMAT = 3


@kind("start")
@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Event):
    """The first event: what was run, and with what."""

    format: int = FORMAT
    """The version of the format of this file. It goes up when a kind or a field changes its meaning
    or goes away, not when one is added. A file without it is of version 1.
    From version 3 on, events have numbers and digests."""
    scenario: str | None = None
    """The name of the scenario; null for a test."""
    test: str | None = None
    """The pytest node id of the test; null for a scenario."""
    title: str
    """The scenario's title, or the test's node id."""
    path: str
    """The file of the scenario, or of the test."""
    seed: int | None = None
    """The seed of the scenario's faults; null for a test, whose faults have their own."""
    engine: str
    """The engine that ran the lab: `compose` or `namespaces`."""
    kernel: str
    """The release of the kernel, as uname(2) has it."""
    python: str
    """The version of Python."""
    socket_lab: str
    """The version of Socket Lab."""
    hosts: tuple[str, ...]
    """The names of the hosts."""
    replicas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The hosts of each service of the compose file that has several."""


@kind("host_up")
@dataclass(frozen=True, slots=True, kw_only=True)
class HostUp(Event):
    """A host was up when the run began."""

    host: str
    """The name of the host."""
    addresses: tuple[str, ...]
    """Its IPv4 and IPv6 addresses on the lab's networks."""


@kind("missing_program")
@dataclass(frozen=True, slots=True, kw_only=True)
class MissingProgram(Event):
    """A host runs without its own program, because this machine does not have it."""

    text: str
    """The host and what is missing, for people."""


@kind("note")
@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """What a reader should know of the lab, such as a key of its compose file without effect."""

    text: str
    """The notice, for people."""


@kind("done")
@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone(StepEvent):
    """A step was done that has no kind of event of its own."""

    host: str = ""
    """The host that it was done on; "" where it is on none."""
    text: str = ""
    """What came of it, for people."""


@kind("step_error")
@dataclass(frozen=True, slots=True, kw_only=True)
class StepError(StepEvent):
    """A step could not be done, and the run ended there."""

    text: str
    """The reason, for people."""


@kind("steps_ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class StepsEnded(Event):
    """All steps were done, or one has failed, and all faults are lifted. What follows is the end of
    the lab itself."""


@kind("capture_ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureEnded(Event):
    """The capture `wire.pcapng` has ended."""

    ended_early: tuple[str, ...]
    """The hosts whose agent ended before the capture did; what came to them later is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDigest:
    """What the capture `wire.pcapng` is to be, byte by byte."""

    size_bytes: int
    """Its size."""
    digest: str
    """Its BLAKE2b digest (RFC 7693) of 16 bytes, in hexadecimal digits."""


@kind("end")
@dataclass(frozen=True, slots=True, kw_only=True)
class End(Event):
    """The last event. A file without it is of a run that was cut short."""

    events: int | None = None  # until the recorder writes it
    """How many events there are, with this one. Its `digest` is of them all. Null: the file is of a
    version before 3."""
    capture: CaptureDigest | None = None
    """The capture, once it has ended; null: there is none that has."""

    errors: tuple[str, ...] = ()
    """What keeps the evidence from being whole, for people; with one of them no verdict is PASS."""
