"""`fault` of a host: kill, pause, restart, disconnect."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from lab.evidence.events import HostFaultOn, StepEvent
from lab.evidence.verdict import Judgement
from lab.scenario import keys, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import HostControl, RunContext
from lab.scenario.steps import Step
from lab.scenario.steps.fault_link import FAULT, HELP
from lab.scenario.yaml import Mapping
from lab.suggestions import meant


class _Fault(NamedTuple):
    help: str
    act: Callable[[HostControl, str], None]
    # What lifts it, where it lasts.
    undo: Callable[[HostControl], None] | None = None
    ends_host: bool = False


_FAULTS = {
    "kill": _Fault(
        "end every process of a host, as its machine's death would",
        lambda host, signal: host.kill(signal),
        ends_host=True,
    ),
    "pause": _Fault(
        "freeze every process of a host; its kernel goes on answering",
        lambda host, _: host.pause(),
        lambda host: host.resume(),
    ),
    "restart": _Fault(
        "end a host and begin it anew, without its connections",
        lambda host, _: host.restart(),
        ends_host=True,
    ),
    "disconnect": _Fault(
        "unplug a host from its networks",
        lambda host, _: host.disconnect(),
        lambda host: host.connect(),
    ),
}
_SIGNALS = tuple(sorted(one.removeprefix("SIG") for one in signal.Signals.__members__))
_KEYS: Keys = {"fault": FAULT, "on": keys.text("the host that suffers it")}
_NAME: Keys = {"as": keys.text("its name, to lift it")}
_SIGNAL: Keys = {
    "signal": keys.text("a signal's name without SIG", default="KILL", enum=list(_SIGNALS))
}


@dataclass(frozen=True, slots=True)
class HostFaultStep(Step):
    """What is done to a host: kill, pause, restart or disconnect."""

    VERB: ClassVar = "fault"
    HELP: ClassVar = HELP

    name: str
    fault: str
    on: str
    signal: str = "KILL"
    hosts: tuple[str, ...] = ()  # where `on` is a service that has several: all of them

    @classmethod
    def kinds(cls) -> dict[str, str]:
        return {name: fault.help for name, fault in _FAULTS.items()}

    @classmethod
    def schema(cls, kind: str) -> Schema:
        word = {"fault": {"const": kind, "description": _FAULTS[kind].help}}
        more = {**(_NAME if _FAULTS[kind].undo else {}), **(_SIGNAL if kind == "kill" else {})}
        return keys.mapping({**_KEYS, **word, **more}, needed=("fault", "on"))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        kind = str(step.need("fault", str))
        step.only(*_KEYS, *_NAME, *(_SIGNAL if kind == "kill" else ()))
        name = reading.fault_name(step)
        if _FAULTS[kind].undo:
            reading.names.add_fault(step, name, "host")
        elif "as" in step:
            raise step.error("as", f"{kind} cannot be lifted, so it needs no name")
        on = str(step.need("on", str))
        hosts = values.known_hosts(step, "on", on, reading.hosts)
        number = step.get("signal", str, default="KILL")
        if number not in _SIGNALS:
            hint = meant(number.removeprefix("SIG"), _SIGNALS)
            raise step.error("signal", f"{number!r} is no signal{hint}")
        return cls(step.line, name, kind, on, number, hosts)

    def describe(self) -> str:
        return f"fault {self.fault} {self.on}"

    def play(self, run: RunContext, number: int) -> HostFaultOn:
        fault = _FAULTS[self.fault]
        events = [
            run.fail_host(
                number,
                self.name,
                host,
                self.fault,
                lambda control: fault.act(control, self.signal),
                undo=fault.undo,
                ends_host=fault.ends_host,
                # Other signals may be caught, and the processes go on.
                ends_agent=fault.ends_host and self.signal == "KILL",
            )
            for host in self.hosts or (self.on,)
        ]
        return events[-1]

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (HostFaultOn,)

    def judge(self, event: HostFaultOn) -> Iterator[Judgement]:
        del event
        yield self.judged("is in force", "done", good=True)
