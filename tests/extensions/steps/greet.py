"""`greet`: a verb of the tests' own. All that there is of it is in this file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.events import StepDone
from lab.evidence.verdict import Judgement
from lab.scenario import keys, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping

_KEYS: Keys = {
    "greet": keys.text("whom it greets"),
    "on": keys.ON,
    "politely": keys.flag("it must say please"),
}


@dataclass(frozen=True, slots=True)
class GreetStep(Step):
    """A greeting, in the evidence alone."""

    VERB: ClassVar = "greet"
    HELP: ClassVar = "greet somebody"

    on: str
    whom: str
    politely: bool

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        return keys.mapping(_KEYS, needed=("greet", "on"))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        step.only(*_KEYS)
        on = values.host(step, "on", reading.hosts)
        whom = str(step.need("greet", str))
        return cls(step.line, on, whom, bool(step.get("politely", bool, default=False)))

    def describe(self) -> str:
        return f"{self.on}: greet {self.whom}"

    def play(self, run: RunContext, number: int) -> StepDone:
        return run.record(StepDone(step=number, host=self.on, text=f"hello, {self.whom}"))

    def judge(self, event: StepDone) -> Iterator[Judgement]:
        good = not self.politely or "please" in event.text
        yield self.judged("is polite", event.text, good=good)
