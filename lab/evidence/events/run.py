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
    control: bool = False
    """The scenario was run without its faults, to see what depends on them."""
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


@kind("ended_by_others")
@dataclass(frozen=True, slots=True, kw_only=True)
class EndedByOthers(Event):
    """A part of the lab was ended, and neither a step nor the lab did that: what went wrong may be
    because of it, so nothing is FAIL."""

    host: str
    """The host that it was, or was on."""
    part: str
    """`host`: its process 1 or its program; `agent`: what holds its wire; `call_server`: what makes
    its socket calls."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLoss:
    """Packets that a host has sent another, and that have not come there: lost on their way by what
    is not the lab's, so by no fault."""

    source: str
    """The host that sent them."""
    target: str
    """The host to which they did not come."""
    packets: int
    """How many there were. What the kernel carries as one is one: a superpacket of TCP, and a
    datagram, however many fragments it has."""
    kinds: Mapping[str, int]
    """How many there were of each kind: `TCP SYN`, `TCP ACK` (without data), `TCP data`, `UDP`,
    `ICMP`, ..."""

    @property
    def ends(self) -> tuple[str, str]:
        """The hosts: who sent, and who did not get it."""
        return self.source, self.target

    @property
    def text(self) -> str:
        """It, for people: `1 packet from client to server was lost outside of the lab (1 UDP)`."""
        packets = "1 packet" if self.packets == 1 else f"{self.packets} packets"
        were = "was" if self.packets == 1 else "were"
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        path = f"from {self.source} to {self.target}"
        return f"{packets} {path} {were} lost outside of the lab ({kinds})"


@kind("capture_ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureEnded(Event):
    """The capture `wire.pcapng` has ended."""

    ended_early: tuple[str, ...]
    """The hosts whose agent ended before the capture did; what came to them later is not in it."""
    lost_outside: tuple[LinkLoss, ...] = ()
    """What was sent between hosts of the capture, and has come neither there nor to a fault."""
    uncounted: tuple[str, ...] = ()
    """The hosts that cannot tell what they have sent and got, each with the reason, for people:
    what was lost outside on the way from and to them is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """What a file of the run is to be, byte by byte."""

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
    capture: FileContent | None = None
    """The capture `wire.pcapng`, once it has ended; null: there is none that has."""
    scenario: FileContent | None = None
    """The scenario as it was run, `scenario.yaml`; null for a test."""

    errors: tuple[str, ...] = ()
    """What keeps the evidence from being whole, for people; with one of them no verdict is PASS."""
