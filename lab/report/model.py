"""What a page shows: the facts of a run, read once. Frozen data, no I/O.

Times are nanoseconds since the epoch, on one clock for all hosts. Numbers count from 0 within their
kind; they are what a fact is called on the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.agent import calls
from lab.agent.call_server.registry import Role
from lab.evidence.events import Raised, Value
from lab.evidence.verdict import Judgement, Verdict
from lab.report.traced_call import Traced


@dataclass(frozen=True, slots=True)
class Connection:
    """Two ends that exchanged packets of a protocol; `source` is who sent the first of them."""

    number: int
    protocol: str
    source: str
    target: str
    source_end: str
    target_end: str

    @property
    def label(self) -> str:
        """How people call it: `TCP client:40938 - server:21567`."""
        first = _named(self.source, self.source_end)
        return f"{self.protocol} {first} \N{EN DASH} {_named(self.target, self.target_end)}"


def _named(host: str, end: str) -> str:
    port = end.rpartition(":")[2] if ":" in end else ""
    return f"{host}:{port}" if port.isdigit() else host


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet on its way from one host to another.

    `delivered_ns` is None where it never came. `label` is what tcpdump's readers expect, `marks`
    are words such as `retransmission`, `fates` are of `lab.net.fate.FATES`, `comment` is all of its
    fate in words, `ended` what ended its way (`rejected`), `faults` are the names of those that
    acted on it. The bytes `first_byte` to `end_byte` of its direction
    (from 0) are in it; both are 0 where that has no meaning. `is_back`: of a host's connection to
    itself, it goes to the end that began.
    """

    number: int
    time_ns: int
    delivered_ns: int | None
    source: str
    target: str
    connection: int | None
    label: str
    length: int
    fates: tuple[str, ...]
    marks: tuple[str, ...] = ()
    comment: str = ""
    ended: str = ""
    faults: tuple[str, ...] = ()
    late_ms: float = 0.0
    times: int = 1
    flags: int = 0
    first_byte: int = 0
    end_byte: int = 0
    is_back: bool = False

    @property
    def fate(self) -> str:
        """The one that a reader should see first."""
        return self.fates[-1]

    @property
    def fault(self) -> str:
        """All that acted on it, for people."""
        return ", ".join(self.faults)


@dataclass(frozen=True, slots=True)
class Call:
    """A socket call; `ended_ns` is None where it had not returned when that was looked at last.

    `about` and `result` say in a few words what it was called with and what it returned or raised,
    `asked` and `came` in full; `error` is the errno, EAI or exception name, or "".
    `expected` and `verdict` are of its judgement, where there is one; `tells`: it is what its
    scenario is about. `packets` are those that carry what it did.
    """

    number: int
    step: int | None
    host: str
    name: str
    about: str
    began_ns: int
    ended_ns: int | None
    looked_ns: int
    result: str
    error: str = ""
    asked: str = ""
    came: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    value: Value = None
    raised: Raised | None = None
    expected: str = ""
    verdict: Verdict | None = None
    tells: bool = False
    connection: int | None = None
    packets: tuple[int, ...] = ()

    @property
    def role(self) -> Role:
        """What it does for its connection."""
        return calls.known(self.name).role

    @property
    def is_sent_to_an_address(self) -> bool:
        """Does it send to an address of its own, and not to its socket's peer?"""
        return self.role is Role.SEND and "to" in self.arguments


@dataclass(frozen=True, slots=True)
class Program:
    """A program on a host; `exit_status` is None where it had not ended.

    `environment` are the variables that its step added. A call that it made as a traced program
    has the `step` or the `name` that it was started under.
    """

    number: int
    host: str
    argv: tuple[str, ...]
    began_ns: int
    ended_ns: int | None
    looked_ns: int
    output: str
    errors: str
    exit_status: int | None
    verdict: Verdict | None = None
    environment: tuple[tuple[str, str], ...] = ()
    step: int | None = None
    name: str | None = None

    @property
    def line(self) -> str:
        """How a shell would be told to run it, or nearly so: quotes are left out."""
        return " ".join((*(f"{name}={value}" for name, value in self.environment), *self.argv))


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in force from `on_ns` to `off_ns` (None: never lifted).

    `kind` is what acts (`drop`, `pause`, `errno`), `what` says it in words. One of the wire has
    `links`, one of a host has `host`. One of calls has `host`, and the `call_id` that the calls of
    programs have which it acted on. `acted` counts the packets, or the calls, it acted on.
    `to_end`: no step lifted it.
    """

    number: int
    name: str
    kind: str
    what: str
    on_ns: int
    off_ns: int | None
    links: tuple[tuple[str, str], ...] = ()
    host: str = ""
    said: str = ""
    acted: int | None = None
    matched: int | None = None
    is_moment: bool = False
    to_end: bool = False
    call_id: str = ""

    @property
    def unit(self) -> str:
        """What its counters count."""
        return "call" if self.call_id else "packet"


@dataclass(frozen=True, slots=True)
class Printed:
    """Lines that a host's own program printed on one of its outputs, right after each other."""

    number: int
    time_ns: int
    host: str
    stream: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as they were printed."""
        return "\n".join(self.lines)

    @property
    def telling(self) -> str:
        """The line that says most: of a Python traceback the last, else the first."""
        there = [line for line in self.lines if line.strip()]
        if not there:
            return ""
        return there[-1] if there[0].startswith("Traceback ") else there[0]


@dataclass(frozen=True, slots=True)
class LastLines:
    """How a host was at the end of a run that failed, and the last lines that it had printed."""

    host: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Log:
    """A syslog line."""

    number: int
    time_ns: int
    host: str
    ident: str
    pid: int | None
    priority: str
    message: str


@dataclass(frozen=True, slots=True)
class Note:
    """What the lab itself did or found: a setting, a wait, an error. `host` is "" for none."""

    number: int
    time_ns: int
    host: str
    text: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """All of it. `missing` says what of the evidence is not there, in sentences."""

    name: str
    title: str
    shows: str
    engine: str
    seed: int | None
    command: str
    began_ns: int
    ended_ns: int
    facts: Mapping[str, str]
    hosts: tuple[str, ...]
    addresses: Mapping[str, tuple[str, ...]]
    idle: tuple[str, ...]
    verdict: Verdict
    judgements: tuple[Judgement, ...]
    connections: tuple[Connection, ...]
    packets: tuple[Packet, ...]
    background: int
    calls: tuple[Call, ...]
    traced: tuple[Traced, ...]
    programs: tuple[Program, ...]
    faults: tuple[Fault, ...]
    logs: tuple[Log, ...]
    printed: tuple[Printed, ...]
    last_lines: tuple[LastLines, ...]
    notes: tuple[Note, ...]
    missing: tuple[str, ...]
