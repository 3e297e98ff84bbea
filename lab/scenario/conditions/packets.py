"""`packets`: packets that arrived at a link's end, by the words of the wire's matches."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from lab.agent.wire import match
from lab.evidence.events import CaptureEnded
from lab.evidence.packets import Seen
from lab.evidence.verdict import Evidence
from lab.net import fate as fates
from lab.net.parameters import ParameterError, checked
from lab.scenario import keys, values
from lab.scenario.conditions import Subject
from lab.scenario.keys import Definition, Keys, Schema
from lab.scenario.reading import Reading
from lab.scenario.run_context import RunContext
from lab.scenario.yaml import Mapping, unwrapped

# What files from before the one word for it have: their evidence is still judged.
_FATES_BEFORE = {"copied": fates.DUPLICATE}
_FATES = (*fates.FATES, *_FATES_BEFORE)
_KEYS: Keys = {
    "link": keys.LINK,
    "fate": keys.text("what became of them", enum=[*_FATES]),
}
_PATTERN = Definition("packets", keys.mapping_with([keys.MATCH], _KEYS, needed=("link",)))


@dataclass(frozen=True, slots=True)
class Packets(Subject):
    """Packets of a link; `fate` None: whatever it was."""

    HELP: ClassVar[Keys] = {
        "packets": {"description": "packets that arrived at a link's end", **_PATTERN.reference},
    }
    DEFINITIONS: ClassVar = (keys.MATCH, _PATTERN)

    source: str
    target: str
    match: AbstractMapping[str, Any] = field(default_factory=dict)
    fate: str | None = None
    links: tuple[tuple[str, str], ...] = ()  # of services with several hosts: all of them

    @classmethod
    def to_wait(cls) -> Schema:
        # It is known only later.
        return {"properties": {"packets": {"not": {"required": ["fate"]}}}}

    @classmethod
    def read(cls, condition: Mapping, reading: Reading) -> Self:
        pattern = condition.raw("packets")
        if not isinstance(pattern, Mapping):
            raise condition.error(
                "packets", "must be a mapping like {link: client -> server, tcp: syn}"
            )
        known = list(keys.MATCH.keys)
        pattern.only(*_KEYS, *known)
        values.refuse_empty(pattern, known)
        fate = values.word(pattern, "fate", _FATES)
        fate = _FATES_BEFORE.get(fate or "", fate)
        words: dict[str, Any] = {
            key: unwrapped(pattern.raw(key)) for key in known if key in pattern
        }
        try:
            match.Match(checked(match.PARAMETERS, words, "packets"))
        except ParameterError as error:
            raise condition.error("packets", str(error)) from None
        source, target, links = values.link(pattern, "link", reading.hosts)
        return cls(source, target, words, fate, links)

    def refuse_wait(self, condition: Mapping) -> None:
        if self.fate:
            text = "is not known yet while one waits; expect can ask"
            raise condition.raw("packets").error("fate", text)

    def describe(self) -> str:
        words = [f"{name}={value}" for name, value in self.match.items()]
        words += [self.fate] if self.fate else []
        return " ".join([f"packets {self.source} -> {self.target}", *words])

    @property
    def unit(self) -> str:
        return "packets"

    @property
    def reads_payload(self) -> bool:
        return match.Match(self._values).reads_payload

    @property
    def loopbacks(self) -> frozenset[str]:
        return values.loopbacks(self.links)

    def count(self, evidence: Evidence) -> tuple[int, str]:
        missing = evidence.missing or self._cut(evidence.packets)
        targets = dict.fromkeys([target for _, target in self.links] or [self.target])
        for event in evidence.events:
            if not isinstance(event, CaptureEnded):
                continue
            early = targets.keys() & event.ended_early
            if early and not missing:
                missing = f"what came to {min(early)} after its end was not recorded"
            missing = missing or next(self._lost_outside(event), "")
        return self.counted(evidence.packets), missing

    def counted(self, packets: Iterable[Seen]) -> int:
        """Return how many of the packets are meant."""
        test = match.Match(self._values)
        there = [one for one in self._on_links(packets) if test.passes(one.packet)]
        return sum(self.fate is None or self.fate in one.fate.words for one in there)

    @property
    def _values(self) -> dict[str, Any]:
        return checked(match.PARAMETERS, self.match, "packets")

    def _on_links(self, packets: Iterable[Seen]) -> Iterator[Seen]:
        ends = self.links or ((self.source, self.target),)
        links = {f"{source} -> {target}" for source, target in ends}
        return (one for one in packets if one.link in links)

    def _lost_outside(self, event: CaptureEnded) -> Iterator[str]:
        """Yield what was lost on the links, and was nobody's fault."""
        links = self.links or ((self.source, self.target),)
        yield from (one.text for one in event.lost_outside if one.ends in links)

    def _cut(self, packets: Iterable[Seen]) -> str:
        """Say so when the capture has not all bytes of packets in which they are looked for."""
        if self.reads_payload:
            for one in self._on_links(packets):
                if len(one.packet.data) < one.packet.length:
                    return "the capture has only the first bytes of packets"
        return ""

    def prepare(self, run: RunContext, number: int, *, expected: int | None) -> None:
        if expected is None:
            run.count_packets(number, self.source, self.target, self.match)

    def wait(self, run: RunContext, number: int, least: int, within_s: float) -> int:
        return run.wait_for_packets(number, least, within_s)
