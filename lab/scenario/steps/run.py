"""`run`: a program on a host, and what must come of it."""

import shlex
from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from lab.evidence.events import ProgramOutcome, ProgramStarted, StepEvent
from lab.evidence.verdict import Judgement
from lab.scenario import keys, program_expectation, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.names import Run
from lab.scenario.program_expectation import ProgramExpectation
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping, kind_of, unwrapped

_KEYS: Keys = {
    "on": keys.ON,
    "run": {
        "description": "a program and its arguments, as one text or as a list; no shell",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
        ],
    },
    "input": keys.text("its standard input, which ends with it"),
    "keep_open": keys.flag("its standard input does not end yet; steps with `send` give it more"),
    "environment": {
        "description": "variables of its environment, beside those that the host has",
        "anyOf": [
            {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
            {"type": "array", "items": {"type": "string", "pattern": "="}},
        ],
    },
    "user": keys.text(
        "who runs it (default: lab on the lab's own images, else the image's own user)"
    ),
    "trace": {
        "type": "boolean",
        "description": "its own socket calls, and those of what it starts, are evidence (default:"
        " as `trace` at the top of the file says)",
    },
    "later": keys.LATER,
}
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class RunStep(Step):
    """A program on a host; with `later` it is only started, under that name."""

    VERB: ClassVar = "run"
    HELP: ClassVar = "run a program on a host; what must come of it stands beside it"
    DEFINITIONS: ClassVar = (program_expectation.DEFINITION,)

    on: str
    argv: tuple[str, ...]
    expected: ProgramExpectation
    input: str = ""
    user: str | None = None  # the host's ordinary one
    later: str | None = None
    environment: AbstractMapping[str, str] = field(default_factory=dict)
    keep_open: bool = False  # its standard input, for a SendStep
    trace: bool = False  # are its own socket calls evidence?

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        found = keys.mapping_with(cls.DEFINITIONS, _KEYS, needed=("on", "run"))
        return {**found, "dependentRequired": {"keep_open": ["later"]}}

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        step.only(*_KEYS, *program_expectation.KEYS)
        names = reading.names
        user = step.get("user", str)
        argv = _argv(step)
        if any("\0" in word for word in (*argv, user or "")):
            raise step.error("run", "no program can be given a zero byte")
        on = values.host(step, "on", reading.hosts)
        if (name := step.get("later", str)) in reading.hosts.known:
            raise step.error("later", f"{name!r} is a host; a program needs a name of its own")
        later = names.later_of(step, "run", program_expectation.KEYS)
        expected = program_expectation.read(step)
        keep_open = bool(step.get("keep_open", bool, default=False))
        if later is None and "keep_open" in step:
            text = "is for input in later steps; name the program with later, and send it to that"
            raise step.error("keep_open", f"{text} name")
        if later is not None:
            closed = f"gets no more input than line {step.line} gives it; say keep_open: true there"
            names.inputs[later] = "" if keep_open else closed
        text, environment = step.get("input", str, default=""), _environment(step)
        trace = bool(step.get("trace", bool, default=on in reading.traced))
        names.runs.append(Run(step.line, on, argv, later, trace))
        return cls(step.line, on, argv, expected, text, user, later, environment, keep_open, trace)

    def describe(self) -> str:
        return f"{self.on}: {' '.join(' '.join(self.argv).split())[:_MOST_SHOWN]}"

    def play(self, run: RunContext, number: int) -> ProgramStarted | ProgramOutcome:
        return run.run_program(
            number,
            self.on,
            self.argv,
            text=self.input,
            user=self.user,
            environment=self.environment,
            keep_open=self.keep_open,
            trace=self.trace,
            later=self.later,
            limit_s=self.expected.limit_s,
        )

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (ProgramStarted,) if self.later else (ProgramOutcome,)

    def judge(self, event: ProgramStarted | ProgramOutcome) -> Iterator[Judgement]:
        if isinstance(event, ProgramStarted):
            yield self.judged("is started", "started", good=True)
        else:
            yield from self.expected.judge(self, event)


def _argv(step: Mapping) -> tuple[str, ...]:
    words = step.get("run", str, list)
    try:
        argv = shlex.split(words) if isinstance(words, str) else values.texts(step, "run", words)
    except ValueError as error:
        raise step.error("run", f"{words!r}: {error}") from None
    if not argv or not argv[0]:
        raise step.error("run", "a program, please")
    return tuple(argv)


def _environment(step: Mapping) -> dict[str, str]:
    """Return the variables of a mapping, or of a list of NAME=value, as in a Compose file."""
    given = step.raw("environment") if "environment" in step else None
    if given is None:
        return {}
    if isinstance(given, Mapping):
        found = {name: str(given.need(name, str, int, float)) for name in given.keys()}  # noqa: SIM118
    elif isinstance(given, list):
        found = _listed(step, given)
    else:
        text = f"must be a mapping ({{TZ: UTC}}) or a list ([TZ=UTC]), not {kind_of(given)}"
        raise step.error("environment", text)
    for name, value in found.items():
        if not name or "=" in name or "\0" in name + value:
            text = "a variable's name has no =, and nothing has a zero byte"
            raise (
                given.error(name, text)
                if isinstance(given, Mapping)
                else step.error("environment", f"{name!r}: {text}")
            )
    return found


def _listed(step: Mapping, listed: list[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in listed:
        name, equals, value = one.partition("=") if isinstance(one, str) else ("", "", "")
        if not equals:
            # Compose takes the value from its own environment; then no two runs were the same.
            text = (
                f"{unwrapped(one)!r} must be NAME=value; a scenario takes no value from elsewhere"
            )
            raise step.error("environment", text)
        if name in found:
            raise step.error("environment", f"{name} stands there twice")
        found[name] = value
    return found
