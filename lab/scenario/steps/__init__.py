"""What a scenario's steps can do: one file for each verb, found by its name; no registration.

A file defines a frozen dataclass that inherits `Step` (its keys, their schema, how it is read,
worded, played and judged). Several classes may share a verb, such as `fault`, if the word after it
decides. Files in other folders are found, too, once the folder is in this package's `__path__`.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self

from lab.errors import ParseError
from lab.evidence.events import StepDone, StepEvent
from lab.evidence.verdict import Evidence, Judgement, Verdict
from lab.scenario import discovery
from lab.scenario.keys import Definition, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.yaml import Mapping
from lab.suggestions import meant


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done; `line` is its line in the file, from 1."""

    line: int

    # The key that makes a mapping of the file such a step.
    VERB: ClassVar[str]
    # What the verb does, in one line, for editors. Classes that share a verb have the same.
    HELP: ClassVar[str]
    # Keys that it shares with others; its schema refers to them.
    DEFINITIONS: ClassVar[Sequence[Definition]] = ()
    # Is it judged by the whole evidence, when all is over? Then it is not played.
    AT_END: ClassVar[bool] = False

    @classmethod
    def kinds(cls) -> AbstractMapping[str, str]:
        """Return the words after the verb that make such a step, and what each does; {}: any."""
        return {}

    @classmethod
    def schema(cls, kind: str) -> Schema:
        """Return the JSON Schema of such a step; `kind` is one of `kinds`, "" where it has none."""
        raise NotImplementedError

    @classmethod
    def read(cls, step: Mapping, reading: Reading) -> Self:
        """Return the step of a mapping. ParseError when something is wrong with it."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return what it does in a few words: `client: recv(c)`."""
        raise NotImplementedError

    @property
    def expected_text(self) -> str:
        """What must come of it, in a few words; "": nothing is expected but that it is done."""
        return ""

    @property
    def must_wait(self) -> bool:
        """Must it last some time at the least?"""
        return False

    # --- playing

    @property
    def calls_on(self) -> str | None:
        """The host that it makes a socket call on, whose caller must run before."""
        return None

    @property
    def reads_payload(self) -> bool:
        """Must the capture have all bytes of packets, for it to be judged?"""
        return False

    @property
    def loopbacks(self) -> frozenset[str]:
        """The hosts of which the capture must have what they send to themselves."""
        return frozenset()

    def prepare(self, run: RunContext, number: int) -> None:
        """Do what must be done before the first step is played."""

    def play(self, run: RunContext, number: int) -> StepEvent:
        """Do it, and return the event of it. LabError or OSError when it cannot be done."""
        raise NotImplementedError

    # --- judging, by evidence alone

    @property
    def outcomes(self) -> tuple[type[StepEvent], ...]:
        """The kinds of events that may say what came of it."""
        return (StepDone,)

    def judge(self, event: Any) -> Iterator[Judgement]:
        """Yield a judgement for each thing that is expected, by an event of `outcomes`."""
        yield self.judged("is done", getattr(event, "text", "") or "done", good=True)

    def judge_at_end(self, evidence: Evidence, number: int) -> Iterator[Judgement]:
        """Yield what only the whole evidence shows, once all steps are done as expected."""
        del evidence, number
        return iter(())

    def judged(self, expected: str, found: str, *, good: bool) -> Judgement:
        """Return the judgement PASS or FAIL of this step."""
        verdict = Verdict.PASS if good else Verdict.FAIL
        return Judgement(self.line, self.describe(), expected, found, verdict)

    def unknown(self, expected: str, found: str) -> Judgement:
        """Return the judgement UNKNOWN of this step."""
        return Judgement(self.line, self.describe(), expected, found, Verdict.UNKNOWN)


def table() -> AbstractMapping[str, Sequence[type[Step]]]:
    """Return the classes of each verb."""
    return _table(tuple(__path__))


@cache
def _table(folders: tuple[str, ...]) -> dict[str, list[type[Step]]]:
    found: dict[str, list[type[Step]]] = {}
    for one in discovery.classes(__name__, folders, Step):
        found.setdefault(one.VERB, []).append(one)
    return found


def kinds(verb: str) -> dict[str, type[Step]]:
    """Return the class of each word that may stand after a verb; {}: any may."""
    return {kind: one for one in table()[verb] for kind in one.kinds()}


def read(step: Any, line: int, reading: Reading) -> Step:
    """Return the step that an entry of `steps` is. ParseError when it is none."""
    if not isinstance(step, Mapping):
        raise ParseError(line, "a step must be a mapping like {on: client, call: recv, socket: c}")
    verbs = [key for key in step.keys() if key in table()]  # noqa: SIM118 - no dict
    if len(verbs) != 1:
        found = f"this one has {', '.join(verbs)}" if verbs else "this one has none"
        text = f"a step has one of {', '.join(table())}; {found}"
        hints = [] if verbs else [meant(key, table()) for key in step.keys()]  # noqa: SIM118
        near = [hint for hint in hints if "did you mean" in hint]
        raise ParseError(step.line, text + "".join(near[:1]))
    return _class_of(step, verbs[0]).read(step, reading)


def _class_of(step: Mapping, verb: str) -> type[Step]:
    known = kinds(verb)
    if not known:
        return table()[verb][0]
    kind = str(step.need(verb, str))
    if kind not in known:
        raise step.error(verb, f"{kind!r} is no {verb}{meant(kind, known)}")
    return known[kind]
