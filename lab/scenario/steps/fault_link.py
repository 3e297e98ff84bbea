"""`fault` on a link: one of the wire's impairments, with its match and its selection."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lab.agent.wire import impairments, match, selection
from lab.agent.wire.fault import Fault
from lab.evidence.events import Event, FaultOff, FaultOn, StepEvent
from lab.evidence.verdict import Evidence, Judgement
from lab.model import ANY_HOST
from lab.net.parameters import ParameterError
from lab.scenario import keys, values
from lab.scenario.keys import Definition, Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping, unwrapped

HELP = "let the network or a host fail, until lifted or for a time"
FAULT = keys.text("what the network or a host suffers")
# Of all faults on links.
LINK_KEYS: Keys = {
    "fault": FAULT,
    "as": keys.text("its name, to lift it or to expect something of it"),
    "for": keys.duration("lift it by itself after this time (default: until lifted)"),
    "may_idle": keys.flag("it need not act on any packet; else the verdict is then UNKNOWN"),
}
_KEYS: Keys = {**LINK_KEYS, "link": keys.LINK}
_SELECTION = keys.shared("selection", {one.name: one.schema for one in selection.PARAMETERS})


@dataclass(frozen=True, slots=True)
class LinkFaultStep(Step):
    """A fault on links, from each source to each target; it lasts until lifted, or for a time."""

    VERB: ClassVar = "fault"
    HELP: ClassVar = HELP
    DEFINITIONS: ClassVar[Sequence[Definition]] = (keys.MATCH, _SELECTION)

    name: str
    impairment: str
    links: tuple[tuple[str, str], ...]
    asked: AbstractMapping[str, Any]
    for_s: float | None = None
    may_idle: bool = False

    @classmethod
    def kinds(cls) -> dict[str, str]:
        return {
            name: (impairments.load(name).__doc__ or "").strip().partition("\n")[0]
            for name in impairments.names()
        }

    @classmethod
    def schema(cls, kind: str) -> Schema:
        parameters = impairments.load(kind).PARAMETERS
        own = {one.name: keys.parameter(one) for one in parameters}
        needed = ["fault", "link", *(one.name for one in parameters if one.required)]
        word = {"fault": {"const": kind, "description": cls.kinds()[kind]}}
        return keys.mapping_with(cls.DEFINITIONS, {**_KEYS, **word, **own}, needed=needed)

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        impairment = str(step.need("fault", str))
        table = (
            *impairments.load(impairment).PARAMETERS,
            *match.PARAMETERS,
            *selection.PARAMETERS,
        )
        own = [parameter.name for parameter in table]
        step.only(*_KEYS, *own)
        values.refuse_empty(step, own)
        ends = values.link(step, "link", reading.hosts)
        # Which hosts have an address then is known when it is played.
        is_any = ANY_HOST in {ends.source, ends.target}
        links = ((ends.source, ends.target),) if is_any else ends.links
        return cls.made(step, reading, impairment, links, own)

    @classmethod
    def made(
        cls,
        step: Mapping,
        reading: Reading,
        impairment: str,
        links: Iterable[tuple[str, str]],
        parameters: Iterable[str] = (),
    ) -> Self:
        """Return the step of an impairment on links; `parameters` are those it may be given."""
        asked = {key: unwrapped(step.raw(key)) for key in parameters if key in step}
        try:
            Fault(impairment, asked)
        except ParameterError as error:
            raise values.refused_parameter(step, error, asked) from None
        name = reading.fault_name(step)
        reading.names.add_fault(step, name, "wire")
        may_idle = bool(step.get("may_idle", bool, default=False))
        for_s = values.seconds(step, "for")
        return cls(step.line, name, impairment, tuple(links), asked, for_s, may_idle)

    def describe(self) -> str:
        links = ", ".join(f"{source} -> {target}" for source, target in self.links)
        return f"fault {self.impairment} on {links}"

    @property
    def loopbacks(self) -> frozenset[str]:
        return values.loopbacks(self.links)

    def play(self, run: RunContext, number: int) -> FaultOn:
        return run.add_fault(number, self.name, self.impairment, self.links, self.asked, self.for_s)

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (FaultOn,)

    def judge(self, event: FaultOn) -> Iterator[Judgement]:
        yield self.judged("is in force", event.text, good=True)

    def judge_at_end(self, evidence: Evidence, number: int) -> Iterator[Judgement]:
        if not self.may_idle and not _acted_packets(evidence.events, number):
            yield self.unknown("acts on a packet", "it never acted")


def _acted_packets(events: Iterable[Event], number: int) -> int:
    """Return on how many packets the fault of a step acted; names may be used again, steps not."""
    acted = 0
    in_force: dict[str, int | None] = {}
    for event in events:
        if isinstance(event, FaultOn):
            in_force[event.name] = event.step
        elif isinstance(event, FaultOff) and in_force.get(event.name) == number:
            acted += event.counters.acted_packets
    return acted
