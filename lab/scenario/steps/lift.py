"""`lift`: the end of a fault, and how often it must have acted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.events import CallFaultOff, FaultOff, HostFaultOff, StepEvent
from lab.evidence.verdict import Judgement
from lab.scenario import keys, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping

_KEYS: Keys = {
    "lift": keys.text("the name of the fault that ends"),
    "acted": keys.number("on how many packets, or calls, it must have acted", minimum=0),
    "at_least": keys.number("on how many of them, at least", minimum=1),
}


@dataclass(frozen=True, slots=True)
class LiftStep(Step):
    """The end of a fault; of one on a link or of calls, how often it must have acted."""

    VERB: ClassVar = "lift"
    HELP: ClassVar = "end a fault"

    name: str
    acted: int | None = None
    at_least: int | None = None

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        return keys.mapping(_KEYS, needed=("lift",))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        step.only(*_KEYS)
        name = str(step.need("lift", str))
        kind = reading.names.lift(step, name)
        for key in ("acted", "at_least"):
            if key in step and kind == "host":
                raise step.error(key, f"{name} is a fault of a host, so it counts nothing")
        acted, at_least = values.count(step, "acted"), values.count(step, "at_least", least=1)
        return cls(step.line, name, acted, at_least)

    def describe(self) -> str:
        return f"lift {self.name}"

    def play(self, run: RunContext, number: int) -> FaultOff | CallFaultOff | HostFaultOff:
        return run.lift(number, self.name)

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (FaultOff, CallFaultOff, HostFaultOff)

    def judge(self, event: FaultOff | CallFaultOff | HostFaultOff) -> Iterator[Judgement]:
        acted, unit = _acted(event)
        found = f"acted on {acted}"
        if self.acted is not None:
            yield self.judged(f"acted on {self.acted} {unit}", found, good=acted == self.acted)
        if self.at_least is not None:
            good = acted is not None and acted >= self.at_least
            yield self.judged(f"acted on at least {self.at_least} {unit}", found, good=good)
        if self.acted is None and self.at_least is None:
            yield self.judged("is lifted", "lifted", good=True)


def _acted(event: FaultOff | CallFaultOff | HostFaultOff) -> tuple[int | None, str]:
    """Return how often a fault has acted, and on what."""
    if isinstance(event, CallFaultOff):
        return event.acted_calls, "calls"
    return event.counters.acted_packets if isinstance(event, FaultOff) else None, "packets"
