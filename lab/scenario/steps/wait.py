"""`wait`: go on as soon as something can be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.events import StepEvent, WaitOutcome
from lab.evidence.verdict import Judgement
from lab.scenario import conditions, keys, values
from lab.scenario.conditions import Condition
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping

_DEFAULT_S = 5.0
_KEYS: Keys = {
    "wait": {"description": "go on as soon as this can be seen; FAIL if it cannot in time"},
    "within": keys.duration("the longest to wait (default 5s)"),
}


@dataclass(frozen=True, slots=True)
class WaitStep(Step):
    """Go on when the condition holds; FAIL when it does not within the time."""

    VERB: ClassVar = "wait"
    HELP: ClassVar = "go on as soon as something can be seen"

    condition: Condition
    within_s: float = _DEFAULT_S

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        waited = {**_KEYS["wait"], **conditions.schema(to_wait=True)}
        return keys.mapping({**_KEYS, "wait": waited}, needed=("wait",))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        step.only(*_KEYS)
        within_s = values.seconds(step, "within")
        condition = conditions.read(step, "wait", reading)
        if condition.count == 0:
            text = "0 is there at once; expect tells at the end that none came"
            raise step.raw("wait").error("count", text)
        return cls(step.line, condition, *([] if within_s is None else [within_s]))

    def describe(self) -> str:
        return f"wait for {self.condition.describe()}"

    def prepare(self, run: RunContext, number: int) -> None:
        self.condition.subject.prepare(run, number, expected=None)

    def play(self, run: RunContext, number: int) -> WaitOutcome:
        subject, least = self.condition.subject, self.condition.least
        count = subject.wait(run, number, least, self.within_s)
        return run.record(
            WaitOutcome(step=number, held=count >= least, count=count, unit=subject.unit)
        )

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (WaitOutcome,)

    def judge(self, event: WaitOutcome) -> Iterator[Judgement]:
        yield self.judged(f"within {self.within_s:g} s", event.found, good=event.held)
