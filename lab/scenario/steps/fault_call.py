"""`fault: call`: what the socket calls of traced programs get, in place of what they ask for."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lab.agent.tracing import fault
from lab.evidence.events import CallFaultOff, CallFaultOn, Event, StepEvent
from lab.evidence.verdict import Evidence, Judgement
from lab.net.parameters import ParameterError
from lab.scenario import keys, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.steps.fault_link import FAULT, HELP
from lab.scenario.yaml import Mapping, unwrapped

_WORD = "call"
_HELP = "let a socket call of traced programs fail, come short or wait"
_KEYS: Keys = {
    "fault": FAULT,
    "on": keys.ON,
    "as": keys.text("its name, to lift it or to expect something of it"),
    "may_idle": keys.flag("it need not act on any call; else the verdict is then UNKNOWN"),
}
# `call` is a verb of its own.
_CALL, _NAME = "call", "name"
_PARAMETERS = {
    _NAME if one.name == _CALL else one.name: keys.parameter(one) for one in fault.PARAMETERS
}


@dataclass(frozen=True, slots=True)
class CallFaultStep(Step):
    """A fault of the calls that traced programs of a host make; it lasts until lifted."""

    VERB: ClassVar = "fault"
    HELP: ClassVar = HELP

    name: str
    on: str
    asked: AbstractMapping[str, Any]
    may_idle: bool = False

    @classmethod
    def kinds(cls) -> dict[str, str]:
        return {_WORD: _HELP}

    @classmethod
    def schema(cls, kind: str) -> Schema:
        word = {"fault": {"const": kind, "description": _HELP}}
        return keys.mapping({**_KEYS, **word, **_PARAMETERS}, needed=("fault", "on", _NAME))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        step.only(*_KEYS, *_PARAMETERS)
        values.refuse_empty(step, _PARAMETERS)
        given = {key: unwrapped(step.raw(key)) for key in _PARAMETERS if key in step}
        asked = {_CALL: step.need(_NAME, str), **given}
        del asked[_NAME]
        try:
            fault.CallFault(1, asked)
        except ParameterError as error:
            raise values.refused_parameter(step, error, given) from None
        on = values.host(step, "on", reading.hosts)
        name = reading.fault_name(step)
        reading.names.add_fault(step, name, "calls")
        may_idle = bool(step.get("may_idle", bool, default=False))
        return cls(step.line, name, on, asked, may_idle)

    def describe(self) -> str:
        return f"{self.on}: fault of {self.asked[_CALL]}"

    def play(self, run: RunContext, number: int) -> CallFaultOn:
        return run.add_call_fault(number, self.name, self.on, self.asked)

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (CallFaultOn,)

    def judge(self, event: CallFaultOn) -> Iterator[Judgement]:
        yield self.judged("is in force", f"{event.fault}: {event.text}", good=True)

    def judge_at_end(self, evidence: Evidence, number: int) -> Iterator[Judgement]:
        if not self.may_idle and not _acted_calls(evidence.events, number):
            yield self.unknown("acts on a call", "it never acted; is its program traced?")


def _acted_calls(events: Iterable[Event], number: int) -> int:
    """Return how often the fault of a step has acted, until it was lifted."""
    name = None
    for event in events:
        if isinstance(event, CallFaultOn) and event.step == number:
            name = event.name
        elif isinstance(event, CallFaultOff) and event.name == name:
            return event.acted_calls
    return 0
