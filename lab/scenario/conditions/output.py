"""`output`: what a program of a step printed, or lines that hosts' own programs printed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from lab.evidence import output
from lab.evidence.events import Event, ProgramOutcome, ProgramStarted
from lab.evidence.verdict import Evidence
from lab.scenario import keys, values
from lab.scenario.conditions import Subject
from lab.scenario.keys import Keys, Schema
from lab.scenario.names import REFUSED
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.yaml import Mapping
from lab.suggestions import meant

_SYSLOG = "syslog"


@dataclass(frozen=True, slots=True)
class Output(Subject):
    """What the program `of` this name printed, or these hosts; of None: any program of a step."""

    HELP: ClassVar[Keys] = {
        "output": keys.regex("what programs printed"),
        "output_matches": keys.regex("the same as output"),
    }
    KEYS: ClassVar[Keys] = {
        "of": keys.text(
            "of output: of the program that was started with this name, or of this host's own"
        ),
    }

    pattern: str
    of: str | None = None
    hosts: tuple[str, ...] = ()

    @classmethod
    def to_wait(cls) -> Schema:
        return {"dependentRequired": {key: ["of"] for key in cls.HELP}}

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        pattern = values.pattern(condition, _key(condition)) or ""
        if "of" not in condition:
            return cls(pattern)
        of = str(condition.need("of", str))
        return cls(pattern, of, _hosts(condition, of, reading))

    def refuse_wait(self, condition: Mapping) -> None:
        if self.of is None:
            text = "of which program? say of: and a host, or the name after its later:"
            raise condition.error(_key(condition), text)

    def describe(self) -> str:
        return f"output /{self.pattern}/" + (f" of {self.of}" if self.of else "")

    @property
    def unit(self) -> str:
        return "lines" if self.hosts else "times"

    def count(self, evidence: Evidence) -> tuple[int, str]:
        pattern = re.compile(self.pattern)
        if self.hosts:
            texts = output.texts(evidence.events, self.hosts)
            count = sum(pattern.search(text) is not None for text in texts)
            return count, output.missing(evidence.events, self.hosts)
        last = dict(self._programs(evidence.events)).values()
        ended = [event for event in last if isinstance(event, ProgramOutcome)]
        count = sum(len(pattern.findall(event.output)) for event in ended)
        for event in last:
            if isinstance(event, ProgramStarted) or event.is_pending or event.outputs_open:
                return count, "a program was still under way when the run ended"
        return count, ""

    def _programs(
        self, events: Iterable[Event]
    ) -> Iterator[tuple[str | int | None, ProgramStarted | ProgramOutcome]]:
        """Yield what is known of each program, later what is known last."""
        for event in events:
            if isinstance(event, ProgramStarted | ProgramOutcome) and self.of in {None, event.name}:
                step = event.step if isinstance(event, ProgramStarted) else event.ran_in_step
                yield event.name or step, event

    def prepare(self, run: RunContext, number: int, *, expected: int | None) -> None:
        del number
        if self.hosts:
            run.count_lines(self.pattern, self.hosts, expected=expected)

    def wait(self, run: RunContext, number: int, least: int, within_s: float) -> int:
        del number
        if self.hosts:
            return run.wait_for_lines(self.pattern, self.hosts, least, within_s)
        return run.wait_for_output(self.of or "", self.pattern, least, within_s)


def _key(condition: Mapping) -> str:
    return next(key for key in Output.HELP if key in condition)


def _hosts(condition: Mapping, name: str, reading: Reading) -> tuple[str, ...]:
    """Return the hosts of that name; () if it is that of a program that was started before."""
    later, hosts = reading.names.later, reading.hosts
    if later.get(name) in {"run", REFUSED}:
        return ()
    if not hosts.named(name):
        hint = meant(name, [*later, *hosts.known])
        text = f"{name!r}: no host, and no program was started with later: {name}{hint}"
        raise condition.error("of", text)
    if hosts.bare:
        text = f"{name!r} runs nothing of its own, so it prints nothing; give a compose file"
        raise condition.error("of", text)
    if name == _SYSLOG:
        raise condition.error(
            "of", "what syslog prints are syslog's lines; ask for syslog: instead"
        )
    return hosts.named(name)
