"""`expect`: what the evidence must show when all is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.verdict import Evidence, Judgement
from lab.scenario import conditions, keys
from lab.scenario.conditions import Condition
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping

_KEYS: Keys = {
    "expect": {"description": "what the evidence of the run must show in the end"},
}


@dataclass(frozen=True, slots=True)
class ExpectStep(Step):
    """How often something must stand in the evidence of the whole run."""

    VERB: ClassVar = "expect"
    HELP: ClassVar = "say what the evidence must show when all is over"
    AT_END: ClassVar = True

    condition: Condition

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        expected = {**_KEYS["expect"], **conditions.schema(to_wait=False)}
        return keys.mapping({"expect": expected})

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        step.only(*_KEYS)
        return cls(step.line, conditions.read(step, "expect", reading))

    def describe(self) -> str:
        return f"expect {self.condition.describe()}"

    @property
    def expected_text(self) -> str:
        return self.condition.amount

    @property
    def reads_payload(self) -> bool:
        return self.condition.subject.reads_payload

    @property
    def loopbacks(self) -> frozenset[str]:
        return self.condition.subject.loopbacks

    def prepare(self, run: RunContext, number: int) -> None:
        self.condition.subject.prepare(run, number, expected=self.condition.least)

    def judge_at_end(self, evidence: Evidence, number: int) -> Iterator[Judgement]:
        """Yield the judgement of the condition.

        Evidence that is not whole still shows what it has: so many there were at least. That may be
        enough for PASS or FAIL; where it is not, the verdict is UNKNOWN, and says what is missing.
        """
        del number
        condition = self.condition
        count, missing = condition.subject.count(evidence)
        if condition.count is not None:
            good, bad = count == condition.count and not missing, count > condition.count
        else:
            good, bad = count >= condition.least, False
        if not good and not bad and missing:
            yield self.unknown(condition.amount, f"{count}; {missing}")
        else:
            seen = "" if good else condition.subject.seen(evidence)
            found = f"{count}; {seen}" if seen else str(count)
            yield self.judged(condition.amount, found, good=good)
