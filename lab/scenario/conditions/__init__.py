"""What can be waited for, or must be seen in the end: one file for each subject, found by its name.

A file defines a frozen dataclass that inherits `Subject` (its keys, their schema, how it is read,
worded, counted in evidence and waited for); no registration. Files in other folders are found, too,
once the folder is in this package's `__path__`.
"""

from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

from lab.evidence.verdict import Evidence
from lab.scenario import discovery, keys, values
from lab.scenario.keys import Definition, Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.yaml import Mapping

# How much of a subject there must be; one of them at most.
AMOUNTS: Keys = {
    "count": keys.number("so many, neither more nor fewer", minimum=0),
    "at_least": keys.number("so many or more (default 1)", minimum=1),
}
_AWAITED: Keys = {
    name: keys.number("as soon as there are so many (default 1)", minimum=1) for name in AMOUNTS
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is counted: log lines, packets, ..."""

    # The keys that name it, each with its schema; one of them makes a condition one about it.
    HELP: ClassVar[Keys]
    # Its other keys, and those that say how much of it there must be, beside `count`.
    KEYS: ClassVar[Keys] = {}
    AMOUNTS: ClassVar[Keys] = {}
    DEFINITIONS: ClassVar[Sequence[Definition]] = ()
    # Which of its other keys exclude each other, as `dependentSchemas`.
    RULES: ClassVar[Schema] = {}
    # Can it be counted while the run goes on?
    CAN_WAIT: ClassVar[bool] = True
    # Does the evidence show it in the end?
    CAN_EXPECT: ClassVar[bool] = True

    @classmethod
    def to_wait(cls) -> Schema:
        """Return what else the schema must say of a condition that is waited for."""
        return {}

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        """Return the subject of a condition. ParseError when something is wrong with it."""
        raise NotImplementedError

    def refuse_wait(self, condition: Mapping) -> None:
        """Raise ParseError where this one cannot be waited for."""

    def describe(self) -> str:
        """Return it in a few words: `syslog lines /left/ server`."""
        raise NotImplementedError

    @property
    def unit(self) -> str:
        """What is counted: lines, packets, ..."""
        return "times"

    @property
    def reads_payload(self) -> bool:
        """Must the capture have all bytes of packets, for it to be counted?"""
        return False

    @property
    def loopbacks(self) -> frozenset[str]:
        """The hosts of which the capture must have what they send to themselves."""
        return frozenset()

    def count(self, evidence: Evidence) -> tuple[int, str]:
        """Return how often it was seen in a run, and why that may not be all ("": it is)."""
        raise NotImplementedError

    def seen(self, evidence: Evidence) -> str:
        """Return what was seen, for people, where it is not as expected; "": the count says it."""
        del evidence
        return ""

    def prepare(self, run: RunContext, number: int, *, expected: int | None) -> None:
        """Do what must be done before the first step is played.

        `expected` is how many there must be in the end, None where a step waits for it.
        """

    def wait(self, run: RunContext, number: int, least: int, within_s: float) -> int:
        """Wait until so many were seen, at the most so long; return how many were."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Condition:
    """So much of a subject: exactly `count`, or `at_least` so many (None: one)."""

    subject: Subject
    count: int | None = None
    at_least: int | None = None

    @property
    def least(self) -> int:
        """How many there must be at the least."""
        found = self.at_least if self.count is None else self.count
        return 1 if found is None else found

    @property
    def amount(self) -> str:
        """How many there must be, in words."""
        return str(self.count) if self.count is not None else f"at least {self.at_least or 1}"

    def describe(self) -> str:
        """Return what is looked for, in a few words."""
        return self.subject.describe()


def table() -> AbstractMapping[str, type[Subject]]:
    """Return the subject of each key that names one."""
    return _table(tuple(__path__))


@cache
def _table(folders: tuple[str, ...]) -> dict[str, type[Subject]]:
    return {key: one for one in discovery.classes(__name__, folders, Subject) for key in one.HELP}


def read(step: Mapping, verb: str, reading: Reading) -> Condition:
    """Return the condition that stands under a verb. ParseError when something is wrong with it."""
    condition = step.raw(verb)
    if not isinstance(condition, Mapping):
        raise step.error(verb, "must be a mapping like {syslog: connected, on: server}")
    named = [key for key in table() if key in condition]
    if len(named) != 1:
        possible = _possible(to_wait=verb == "wait")
        raise step.error(verb, f"must have one of {', '.join(possible)}")
    own = table()[named[0]]
    _refuse_others(condition, named[0], own)
    to_wait = verb == "wait"
    if to_wait and not own.CAN_WAIT:
        others = ", ".join(_possible(to_wait=True))
        raise step.error(verb, f"{named[0]} is only known in the end; wait for one of {others}")
    if not to_wait and not own.CAN_EXPECT:
        raise step.error(verb, f"{named[0]} is only known meanwhile; wait for it")
    amounts = {name: values.count(condition, name) for name in ("count", *own.AMOUNTS)}
    subject = own.read(condition, reading)
    if to_wait:
        subject.refuse_wait(condition)
    count = next((one for one in amounts.values() if one is not None), None)
    return Condition(subject, count, values.count(condition, "at_least", least=1))


def _possible(*, to_wait: bool) -> dict[str, type[Subject]]:
    """Return the subjects that can be waited for, or those that can be expected."""
    return {
        key: one for key, one in table().items() if (one.CAN_WAIT if to_wait else one.CAN_EXPECT)
    }


def _refuse_others(condition: Mapping, named: str, own: type[Subject]) -> None:
    """Refuse keys of other subjects, unknown ones, and more than one amount."""
    known = list(dict.fromkeys([*table(), *AMOUNTS, *_owners()]))
    condition.only(*known)
    for key, subjects in _owners().items():
        if key in condition and own not in subjects:
            owner = next(name for name, one in table().items() if one is subjects[0])
            raise condition.error(key, f"is of {owner}, not of {named}")
    amounts = [name for name in (*AMOUNTS, *own.AMOUNTS) if name in condition]
    if len(amounts) > 1:
        raise condition.error(amounts[1], f"cannot stand beside {amounts[0]}")


def _owners() -> dict[str, list[type[Subject]]]:
    """Return the subjects of each key that is not every condition's."""
    found: dict[str, list[type[Subject]]] = {}
    for subject in dict.fromkeys(table().values()):
        for key in (*subject.KEYS, *subject.AMOUNTS):
            found.setdefault(key, []).append(subject)
    return found


def schema(*, to_wait: bool) -> Schema:
    """Return the JSON Schema of conditions: of those to wait for, or of those that are expected."""
    subjects = _possible(to_wait=to_wait)
    classes = list(dict.fromkeys(subjects.values()))
    amounts = dict(_AWAITED if to_wait else AMOUNTS)
    properties: Keys = {key: one.HELP[key] for key, one in subjects.items()}
    needs: dict[str, list[str]] = {}
    rules: Schema = {}
    for one in classes:
        own = {**one.KEYS, **({} if to_wait else one.AMOUNTS)}
        amounts |= {} if to_wait else dict(one.AMOUNTS)
        properties = {**properties, **own}
        rules |= one.RULES
    for key in properties:
        owners = [one for one in classes if key in one.KEYS or key in one.AMOUNTS]
        names = [name for name, one in subjects.items() if one in owners]
        if len(names) == 1:
            needs[key] = names
        elif names:
            rules[key] = keys.any_of(names)
    for name in amounts:
        rules |= keys.never_beside(name, amounts)
    found: Schema = {
        **keys.mapping({**properties, **amounts}),
        **keys.one_of(subjects),
        "dependentRequired": needs,
        "dependentSchemas": rules,
    }
    extra = [one.to_wait() for one in classes] if to_wait else []
    return {**found, "allOf": [*filter(None, extra)]} if any(extra) else found
