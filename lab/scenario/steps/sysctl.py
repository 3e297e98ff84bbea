"""`sysctl`: settings of a host's network namespace, as sysctl(8) has them."""

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence.events import StepEvent, SysctlSet
from lab.evidence.verdict import Judgement
from lab.scenario import keys, values
from lab.scenario.keys import Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.steps import Step
from lab.scenario.yaml import Mapping

_KEYS: Keys = {
    "sysctl": {
        "type": "object",
        "description": "settings of the host's own network: {net.ipv4.tcp_syn_retries: 2}",
        "patternProperties": {r"^net\.": {"type": ["string", "number"]}},
        "additionalProperties": False,
    },
    "on": keys.ON,
}


@dataclass(frozen=True, slots=True)
class SysctlStep(Step):
    """Settings of a host's network namespace."""

    VERB: ClassVar = "sysctl"
    HELP: ClassVar = "set what the kernel does for a host"

    on: str
    values: AbstractMapping[str, str]

    @classmethod
    def schema(cls, kind: str) -> Schema:
        del kind
        return keys.mapping(_KEYS, needed=("sysctl", "on"))

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        step.only(*_KEYS)
        settings = step.raw("sysctl")
        if not isinstance(settings, Mapping):
            raise step.error("sysctl", "must be a mapping of names to values")
        for name in settings.keys():  # noqa: SIM118 - no dict
            if not name.startswith("net."):
                raise settings.error(name, "only net.* is a host's own")
        texts = {name: str(settings.need(name, str, int, float)) for name in settings.keys()}  # noqa: SIM118
        return cls(step.line, values.host(step, "on", reading.hosts), texts)

    def describe(self) -> str:
        return f"{self.on}: sysctl {', '.join(self.values)}"

    def play(self, run: RunContext, number: int) -> SysctlSet:
        return run.set_sysctls(number, self.on, self.values)

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        return (SysctlSet,)

    def judge(self, event: SysctlSet) -> Iterator[Judgement]:
        del event
        yield self.judged("is in force", "done", good=True)
