"""`call`: a socket call on a host, and what must come of it."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from lab.agent import calls
from lab.agent.call_server.registry import KernelNames
from lab.agent.call_server.values import Address
from lab.evidence.events import CallOutcome, CallStarted, StepEvent
from lab.evidence.verdict import Judgement
from lab.net.parameters import ParameterError
from lab.scenario import call_expectation, keys, values
from lab.scenario.call_expectation import CallExpectation
from lab.scenario.keys import Keys, Schema
from lab.scenario.names import Names
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping, unwrapped
from lab.suggestions import near

_KEYS: Keys = {
    "on": keys.ON,
    "call": keys.text("a socket call, or what belongs to it"),
    "later": keys.LATER,
}
_PORT = re.compile(r":-?\d+")  # any: Python itself refuses one that is too large


@dataclass(frozen=True, slots=True)
class CallStep(Step):
    """A socket call on a host; with `later` it is only started, under that name."""

    VERB: ClassVar = "call"
    HELP: ClassVar = "make a socket call on a host; what must come of it stands beside it"
    DEFINITIONS: ClassVar = (call_expectation.DEFINITION,)

    on: str
    call: str
    arguments: AbstractMapping[str, Any]
    expected: CallExpectation
    later: str | None = None

    @classmethod
    def kinds(cls) -> dict[str, str]:
        return {name: call.help for name, call in calls.table().items()}

    @classmethod
    def schema(cls, kind: str) -> Schema:
        call = calls.find(kind)
        own = {one.name: keys.parameter(one) for one in call.parameters}
        word = {"call": {"const": call.name, "description": call.help}}
        needed = ["on", "call", *(one.name for one in call.parameters if one.required)]
        found = keys.mapping_with(cls.DEFINITIONS, {**_KEYS, **word, **own}, needed=needed)
        found["allOf"] += [keys.one_of(group) for group in call.one_of]
        return found

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        name = str(step.need("call", str))
        own = [parameter.name for parameter in calls.parameters(name)]
        step.only(*_KEYS, *own, *call_expectation.KEYS)
        values.refuse_empty(step, own)
        on = values.host(step, "on", reading.hosts)
        arguments = {key: unwrapped(step.raw(key)) for key in own if key in step}
        try:
            calls.checked(name, arguments, name)
        except ParameterError as error:
            raise values.refused_parameter(step, error, own) from None
        if (kernel_names := calls.find(name).kernel_names) and reading.has_kernel:
            _refuse_unknown(step, kernel_names, str(arguments[kernel_names.parameter]))
        _note_sockets(step, reading.names, on, name, arguments)
        later = reading.names.later_of(step, "call", call_expectation.KEYS)
        return cls(step.line, on, name, arguments, call_expectation.read(step), later)

    def describe(self) -> str:
        socket = self.arguments.get("socket") or self.arguments.get("as") or ""
        return f"{self.on}: {self.call}({socket})"

    @property
    def expected_text(self) -> str:
        return self.expected.text

    @property
    def must_wait(self) -> bool:
        return self.expected.after_s is not None

    @property
    def calls_on(self) -> str:
        return self.on

    def play(self, run: RunContext, number: int) -> CallStarted | CallOutcome:
        limit_s = self.expected.limit_s
        return run.call(
            number, self.on, self.call, self.arguments, later=self.later, limit_s=limit_s
        )

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (CallStarted,) if self.later else (CallOutcome,)

    def judge(self, event: CallStarted | CallOutcome) -> Iterator[Judgement]:
        if isinstance(event, CallStarted):
            yield self.judged("is started", "started", good=True)
        else:
            yield from self.expected.judge(self, event)


def _refuse_unknown(step: Mapping, kernel: KernelNames, name: str) -> None:
    """Refuse a name that this machine's kernel has not; the hosts have the same kernel."""
    known = kernel.names()
    if known and name not in known and not kernel.may_come(name):
        hint = near(name, known) or f"; {kernel.listed_by}"
        text = f"{name!r}: the kernel has no {kernel.what} of that name{hint}"
        raise step.error(kernel.parameter, text)


def _note_sockets(
    step: Mapping, names: Names, on: str, call: str, arguments: dict[str, Any]
) -> None:
    """Note the sockets that a call makes; refuse those that are not there.

    Refuse addresses without a port, too, unless they are of a Unix socket.
    """
    internet = arguments.get("family") not in {"unix", "AF_UNIX"}
    internet = internet and not calls.find(call).unix_only
    for key in calls.uses(call):
        if key in arguments:
            names.use_socket(step, key, on, str(arguments[key]))
            internet = names.is_internet(on, str(arguments[key]))
    for parameter in calls.parameters(call):
        if parameter.kind is Address and internet and parameter.name in arguments:
            _refuse_portless(step, parameter.name, str(arguments[parameter.name]))
    for key in calls.makes(call):
        for made in _listed(arguments.get(key)):
            names.make_socket(step, key, on, made, internet=internet)


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _refuse_portless(step: Mapping, key: str, text: str) -> None:
    _, colon, port = text.rpartition(":")
    if not _PORT.fullmatch(colon + port):
        hint = "" if colon else f'; did you mean "{text}:21567", or another port?'
        raise step.error(key, f"{text!r} must be host:port, the port a number{hint}")
