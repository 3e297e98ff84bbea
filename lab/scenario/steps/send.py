"""`send`: more input for a program that goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.events import ProgramInput, StepEvent
from lab.evidence.text import input_text
from lab.evidence.verdict import Judgement
from lab.scenario import keys, limits, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.names import REFUSED
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping
from lab.suggestions import meant

_KEYS: Keys = {
    "send": keys.text("the name of a program that was started with `later` and `keep_open`"),
    "input": keys.text("what it gets on its standard input", minLength=1),
    "close": keys.flag("its standard input ends with that"),
    "within": keys.duration("the longest until all of it is taken (default 10s)"),
}


@dataclass(frozen=True, slots=True)
class SendStep(Step):
    """More input for a program that goes on; with `close` it is the last."""

    VERB: ClassVar = "send"
    HELP: ClassVar = "give a program that was started with `keep_open` more input, or end its input"

    name: str
    text: str
    close: bool = False
    within_s: float = limits.DEFAULT_S

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        closing = {"close": {**_KEYS["close"], "const": True}}
        closes = {"required": ["close"], "properties": closing}
        found = keys.mapping(_KEYS, needed=("send",))
        return {**found, "anyOf": [{"required": ["input"]}, closes]}

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        if {"on", "socket", "data"} & set(step.keys()):
            text = (
                "gives input to a program; the socket call is {on: HOST, call: send, socket: NAME}"
            )
            raise step.error("send", text)
        step.only(*_KEYS)
        names, name = reading.names, str(step.need("send", str))
        kind = names.later.get(name)
        if kind is None:
            runs = [one for one, kind in names.later.items() if kind == "run"]
            text = f"{name!r}: no program was started with later: {name}{meant(name, runs)}"
            raise step.error("send", text)
        if kind == "call":
            raise step.error("send", f"{name!r} is a call, and only programs have an input")
        if why_not := names.inputs.get(name):
            raise step.error("send", f"{name!r} {why_not}")
        text = step.get("input", str, default="")
        close = bool(step.get("close", bool, default=False))
        if not text and ("input" in step or not close):
            raise step.error(
                "input" if "input" in step else "send", "give it input, or close: true"
            )
        if close and kind != REFUSED:
            names.inputs[name] = f"gets no more input: line {step.line} has closed it"
        within_s = values.seconds(step, "within")
        return cls(step.line, name, text, close, *([] if within_s is None else [within_s]))

    def describe(self) -> str:
        return f"send to {self.name}"

    def play(self, run: RunContext, number: int) -> ProgramInput:
        data = self.text.encode()
        return run.send_input(number, self.name, data, close=self.close, within_s=self.within_s)

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (ProgramInput,)

    def judge(self, event: ProgramInput) -> Iterator[Judgement]:
        size, taken = event.size_bytes, event.taken_bytes
        if event.refused:
            status = event.exit_status
            ended = f"it has ended with exit status {status}"
            found = "it reads no more" if status is None else ended
        elif taken < size:
            found = f"took {taken:,} of {size:,} bytes"
        else:
            found = input_text(event)
        good = not event.refused and taken == size
        yield self.judged(f"takes it within {self.within_s:g} s", found, good=good)
