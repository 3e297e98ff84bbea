"""`collect`: the result of a call or a program that was started with `later`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lab.evidence.events import CallOutcome, ProgramOutcome, StepEvent
from lab.evidence.verdict import Judgement
from lab.scenario import call_expectation, keys, program_expectation
from lab.scenario.call_expectation import CallExpectation
from lab.scenario.keys import Keys, Schema
from lab.scenario.names import REFUSED
from lab.scenario.program_expectation import ProgramExpectation
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping

_KEYS: Keys = {"collect": keys.text("the name of what was started with `later`")}


@dataclass(frozen=True, slots=True)
class CollectStep(Step):
    """The result of what was started with `later`."""

    VERB: ClassVar = "collect"
    HELP: ClassVar = "take the result of a call or program that was started with `later`"
    DEFINITIONS: ClassVar = (call_expectation.DEFINITION, program_expectation.DEFINITION)

    name: str
    expected: CallExpectation | ProgramExpectation

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        return keys.mapping_with(cls.DEFINITIONS, _KEYS, needed=("collect",))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        name = str(step.need("collect", str))
        kind = reading.names.collect(step, name)
        if kind == REFUSED:  # the step that started it was refused: that is an error already
            return cls(step.line, name, CallExpectation())
        if kind == "call":
            step.only(*_KEYS, *call_expectation.KEYS)
            return cls(step.line, name, call_expectation.read(step))
        step.only(*_KEYS, *program_expectation.KEYS)
        expected = program_expectation.read(step)
        if expected.blocks_s is None:
            reading.names.inputs[name] = f"has ended by line {step.line}, which collects it"
        return cls(step.line, name, expected)

    def describe(self) -> str:
        return f"collect {self.name}"

    @property
    def expected_text(self) -> str:
        return self.expected.text

    @property
    def must_wait(self) -> bool:
        return self.expected.after_s is not None

    def play(self, run: RunContext, number: int) -> CallOutcome | ProgramOutcome:
        return run.collect(number, self.name, limit_s=self.expected.limit_s)

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (self.expected.OUTCOME,)

    def judge(self, event: Any) -> Iterator[Judgement]:
        yield from self.expected.judge(self, event)
