"""Events of faults, settings and waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.agent.wire.fault import description
from lab.evidence.events.base import StepEvent, Value, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultLink:
    """A link that a fault is on."""

    source: str
    """The host that sends."""
    target: str
    """The host that receives; the fault acts on its wire."""
    fault: str
    """The id of the fault there, which the capture has, too: `server/1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCounters:
    """What a fault did, on all its links together."""

    matched_packets: int = 0
    """How many packets fitted its match."""
    acted_packets: int = 0
    """How many of them it acted on."""
    acted_bytes: int = 0
    """How many bytes these were, as whole IP packets."""


@kind("fault_on")
@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOn(StepEvent):
    """A fault on links was put in force."""

    name: str
    """The name that the step gives to it; of a test, its id."""
    impairment: str
    """What it does to packets: `drop`, `delay`, ..."""
    asked: Mapping[str, Value] = field(default_factory=dict)
    """Its parameters, the match and the selection, with their units in their names (`delay_ms`)."""
    links: tuple[FaultLink, ...] = ()
    """The links that it is on, each in one direction."""
    for_s: float | None = None
    """After how many seconds it ends by itself; null: it does not."""

    @property
    def text(self) -> str:
        """The fault on each link, for people: `server/1: drop tcp=syn first=1`."""
        what = description(self.impairment, self.asked)
        return ", ".join(f"{link.fault}: {what}" for link in self.links)


@kind("fault_off")
@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOff(StepEvent):
    """A fault on links was lifted, by a step or by the end of the run."""

    name: str
    """Its name, as in its `fault_on`."""
    counters: FaultCounters = field(default_factory=FaultCounters)
    """What it has done."""
    counters_lost: bool = False
    """An agent has ended by itself, and the last counters with it: these may be too low."""
    error: str = ""
    """Why it could not be lifted, for people; "" where it was."""


def call_fault_text(asked: Mapping[str, Value]) -> str:
    """Return a fault of calls in a few words: `connect errno=ETIMEDOUT nth=3`."""
    more = (f"{name}={value}" for name, value in asked.items() if name != "call")
    return " ".join([str(asked.get("call")), *more])


@kind("call_fault_on")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallFaultOn(StepEvent):
    """A fault of the calls of traced programs was put in force."""

    name: str
    """The name that the step gives to it; of a test, its id."""
    host: str
    """The host whose programs make the calls."""
    fault: str
    """The id of the fault there, which the calls have, too: `client/call/1`."""
    asked: Mapping[str, Value] = field(default_factory=dict)
    """Its parameters: the call, what narrows it, which of them, and what they get."""

    @property
    def text(self) -> str:
        """What it does, for people: `connect errno=ETIMEDOUT nth=3`."""
        return call_fault_text(self.asked)


@kind("call_fault_off")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallFaultOff(StepEvent):
    """A fault of calls was lifted, by a step or by the end of the run."""

    name: str
    """Its name, as in its `call_fault_on`."""
    host: str
    """The host."""
    matched_calls: int = 0
    """How many calls fitted its match."""
    acted_calls: int = 0
    """How many of them it acted on."""
    error: str = ""
    """Why its last counters are not known, for people."""


@kind("host_fault_on")
@dataclass(frozen=True, slots=True, kw_only=True)
class HostFaultOn(StepEvent):
    """Something was done to a host that lets it fail."""

    name: str
    """The name that the step gives to it; of a test, `fault`."""
    host: str
    """The host."""
    fault: str
    """`kill`, `restart`, `pause` or `disconnect`."""
    lasts: bool = False
    """It lasts until a `host_fault_off`; else it was over at once."""


@kind("host_fault_off")
@dataclass(frozen=True, slots=True, kw_only=True)
class HostFaultOff(StepEvent):
    """A paused host was resumed, or a disconnected one connected, by a step or at the end."""

    name: str
    """Its name, as in its `host_fault_on`."""
    host: str | None = None
    """The host; null: all that the fault was on."""


@kind("sysctl")
@dataclass(frozen=True, slots=True, kw_only=True)
class SysctlSet(StepEvent):
    """Settings of a host's network namespace were changed."""

    host: str
    """The host."""
    values: Mapping[str, Value]
    """What they were set to, by their names (`net.ipv4.tcp_syn_retries`)."""
    before: Mapping[str, Value] = field(default_factory=dict)
    """What they were before."""


@kind("wait")
@dataclass(frozen=True, slots=True, kw_only=True)
class WaitOutcome(StepEvent):
    """A step has waited until so much was seen, or until its time limit."""

    held: bool
    """What it waited for was seen in time."""
    count: int
    """How often it was seen."""
    unit: str
    """What was counted: `lines` of a log, `times` that a program's output matched, `packets`."""

    @property
    def found(self) -> str:
        """What was seen, for people: `3 lines`."""
        return f"{self.count} {self.unit}"
