"""The data of a scenario: frozen, no I/O. A step does one thing; what must come of it is beside it.

Durations are seconds, from texts like `500ms`; `line` is the step's line in its file, from 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CALL_LIMIT_S = 10.0  # a call must have returned by then, unless it says otherwise
WAIT_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a call or program; None: it does not matter.

    `gives` is what a call returns, as the agent writes it (text, number, list; bytes that are no
    UTF-8 as {"hex": ...}). `raises` is an errno name, an EAI name or a Python exception's name. It
    lasts at least `after_s` and at most `within_s`; with `blocks_s` it must not have ended by then.
    """

    gives: Any = None
    gives_anything: bool = True  # `gives` was not asked for
    gives_length: int | None = None
    gives_at_least: int | None = None
    gives_at_most: int | None = None
    raises: str | None = None
    after_s: float | None = None
    within_s: float = CALL_LIMIT_S
    blocks_s: float | None = None
    # Of programs.
    exit_status: int = 0
    output: str | None = None
    output_matches: str | None = None
    errors_match: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What all steps have."""

    line: int


@dataclass(frozen=True, slots=True)
class CallStep(Step):
    """A socket call on a host; with `later` it is only started, under that name."""

    on: str
    call: str
    arguments: Mapping[str, Any]
    expected: Expected
    later: str | None = None


@dataclass(frozen=True, slots=True)
class RunStep(Step):
    """A program on a host."""

    on: str
    argv: tuple[str, ...]
    expected: Expected
    input: str = ""
    user: str | None = None  # the host's ordinary one
    later: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    keep_open: bool = False  # its standard input, for a SendStep


@dataclass(frozen=True, slots=True)
class SendStep(Step):
    """More input for a program under way; with `close` it is the last."""

    name: str
    text: str
    close: bool = False
    within_s: float = CALL_LIMIT_S


@dataclass(frozen=True, slots=True)
class CollectStep(Step):
    """The result of what was started with `later`."""

    name: str
    expected: Expected


@dataclass(frozen=True, slots=True)
class WireFaultStep(Step):
    """A fault on links, from each source to each target; it lasts until lifted, or for a time."""

    name: str
    impairment: str
    links: tuple[tuple[str, str], ...]
    asked: Mapping[str, Any]
    for_s: float | None = None
    may_idle: bool = False


@dataclass(frozen=True, slots=True)
class HostFaultStep(Step):
    """What is done to a host: kill, pause, restart or disconnect."""

    name: str
    fault: str
    on: str
    signal: str = "KILL"
    hosts: tuple[str, ...] = ()  # where `on` is a service that has several: all of them


@dataclass(frozen=True, slots=True)
class LiftStep(Step):
    """The end of a fault; of one of the wire, how many packets it must have acted on."""

    name: str
    acted: int | None = None
    at_least: int | None = None


@dataclass(frozen=True, slots=True)
class SysctlStep(Step):
    """Settings of a host's kernel namespace."""

    on: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PacketPattern:
    """Packets of a link, by the words of the wire's matches; `fate` None: whatever it was."""

    source: str
    target: str
    match: Mapping[str, Any] = field(default_factory=dict)
    fate: str | None = None
    links: tuple[tuple[str, str], ...] = ()  # of services with several hosts: all of them


@dataclass(frozen=True, slots=True)
class Condition:
    """What can be seen: syslog lines, an output, packets, a fault's count. One is set."""

    syslog: str | None = None
    output: str | None = None
    packets: PacketPattern | None = None
    fault: str | None = None
    # Of the syslog lines: their host, and what they begin with.
    on: str | None = None
    ident: str | None = None
    facility: str | None = None
    severity: str | None = None
    of: str | None = None  # the program of the output, or the host
    count: int | None = None
    at_least: int | None = None
    # Where `on` is a service that has several hosts, and wherever `of` is no program: the hosts.
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitStep(Step):
    """Go on when the condition holds; FAIL when it does not within the time."""

    condition: Condition
    within_s: float = WAIT_LIMIT_S


@dataclass(frozen=True, slots=True)
class ExpectStep(Step):
    """What the evidence must show when all is over."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario; `hosts` are bare ones, unless `compose` names the compose file they are of.

    `replicas` has the hosts of each service that has several. `text` is its file's, as it was read.
    """

    path: Path
    title: str
    shows: str
    reproduces: tuple[str, ...]
    steps: tuple[Step, ...]
    hosts: tuple[str, ...] = ()
    compose: Path | None = None
    seed: int = 1
    replicas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What a person calls it: the file's name without its ending."""
        return self.path.stem
