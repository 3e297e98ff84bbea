"""What became of a packet: a value that the agent writes into the capture, and that is read back.

A packet's block in a capture has it twice: as a comment, for people who open the file in Wireshark
(`comment`), and as data, which is all that the lab itself reads (`encode`, `decode`). The data are
JSON in a custom option (draft-ietf-opsawg-pcapng, 3.5.1; `lab.net.pcapng.custom`):

    {"socket-lab":1,"from":"client","to":"server","late_ns":50103000,"actions":[{
     "fault":"server/2","impairment":"delay","settings":"delay delay_ms=50",
     "what":"delayed 50.000 ms"}]}

The number is the version of this layout. What is missing has its default: a packet that was just
delivered has its link alone. With "segment_bytes" the block is a superpacket: it stands for its
segments, with so many bytes of data each, which have ids, and times in nanoseconds, in a row.
"""

import json
from collections.abc import Container
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

# What becomes of a packet is one of the first three; the others may be true of a delivered one.
DELIVERED, DROPPED, HELD = KINDS = ("delivered", "dropped", "held")
LATE, CHANGED, DUPLICATE = "late", "changed", "duplicate"
FATES = (*KINDS, LATE, CHANGED, DUPLICATE)

VERSION = 1
_VERSION_KEY = "socket-lab"
# What a fault has done that only counts packets.
OBSERVED = "observed"


class Effect(NamedTuple):
    """What an impairment did to a packet, in a few words, and why or how; "" where that is all."""

    what: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What one fault did to a packet.

    `fault` is its id (`server/3`), `settings` are its impairment and parameters in words, `what`
    and `reason` are those of `Effect`.
    """

    fault: str
    impairment: str
    settings: str
    what: str
    reason: str = ""

    @property
    def by(self) -> str:
        """The fault, for people: `fault server/3 (drop tcp=syn first=1)`."""
        return f"fault {self.fault} ({self.settings})"

    @property
    def text(self) -> str:
        """All of it: `delayed 50.000 ms by fault server/2 (delay delay_ms=50)`."""
        return f"{_joined(self.what, self.reason)} by {self.by}"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a packet, and what the faults of its link did to it, in their order.

    `late_ns` is how long the wire kept it, `duplicates` how often it was delivered besides.
    `is_changed`: other bytes were delivered. A dropped one was ended by the last of `actions`.
    `answers` are the packets that went back to its sender, in words.
    """

    kind: str = DELIVERED
    late_ns: int = 0
    duplicates: int = 0
    is_changed: bool = False
    actions: tuple[Action, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Those of FATES that are true of it."""
        if self.kind != DELIVERED:
            return (self.kind,)
        more = ((LATE, self.late_ns), (CHANGED, self.is_changed), (DUPLICATE, self.duplicates))
        return (DELIVERED, *(word for word, is_true in more if is_true))

    @property
    def ending(self) -> Action | None:
        """What ended the way of a dropped packet."""
        return self.actions[-1] if self.kind == DROPPED and self.actions else None

    def without_observers(self, asked: Container[str]) -> "Fate":
        """Leave out the faults that only count packets, but for those whose ids are `asked`.

        The lab itself counts packets, for a scenario's `wait`.
        """
        kept = tuple(one for one in self.actions if one.what != OBSERVED or one.fault in asked)
        return self if len(kept) == len(self.actions) else replace(self, actions=kept)

    @property
    def text(self) -> str:
        """It in one line, for people.

        dropped by fault server/3 (drop tcp=syn first=1)
        delivered 50.1 ms late: delayed 50.000 ms by fault server/2 (delay delay_ms=50)
        delivered 2 times: 2 times by fault server/4 (duplicate)
        """
        others = [one.text for one in self.actions]
        head = self._delivered()
        if self.kind == HELD:
            head = "still held"
        elif self.kind == DROPPED:
            head = "not delivered"
            if ending := self.ending:
                last = others.pop()
                is_plain = ending.what == DROPPED
                head = f"dropped by {ending.by}" if is_plain else f"not delivered: {last}"
                head = _joined(head, ending.reason if is_plain else "")
        answers = (f"; answered with {answer}" for answer in self.answers)
        return _joined(head, "; ".join(others)) + "".join(answers)

    def _delivered(self) -> str:
        words = [DELIVERED]
        words += [f"{self.late_ns / 1e6:.1f} ms late"] if self.late_ns else []
        words += [CHANGED] if self.is_changed else []
        words += [f"{self.duplicates + 1} times"] if self.duplicates else []
        return " ".join(words)


class Record(NamedTuple):
    """A fate and the link that the packet came by; its hosts are "" where it is on none.

    `segment_bytes` is 0, or the data of each segment of a superpacket: all have that fate.
    """

    source: str
    target: str
    fate: Fate
    segment_bytes: int = 0

    @property
    def link(self) -> str:
        """As people write it, `client -> server`, or ""."""
        return f"{self.source} -> {self.target}" if self.source else ""

    @property
    def comment(self) -> str:
        """What people read beside the packet."""
        text = _joined(self.link, self.fate.text)
        if self.segment_bytes:
            text += f"; a superpacket: each segment has {self.segment_bytes} bytes of it"
        return text


# One encoder for all: json.dumps makes a new one each time, which takes longer than its work.
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def encode(record: Record) -> bytes:
    """Return it as data of a capture. It runs for every packet that a fault acts on."""
    source, target, fate, segment_bytes = record
    data: dict[str, Any] = {_VERSION_KEY: VERSION}
    if source:
        data["from"], data["to"] = source, target
    if segment_bytes:
        data["segment_bytes"] = segment_bytes
    if fate.kind != DELIVERED:
        data["kind"] = fate.kind
    if fate.late_ns:
        data["late_ns"] = fate.late_ns
    if fate.duplicates:
        data["duplicates"] = fate.duplicates
    if fate.is_changed:
        data["is_changed"] = True
    if fate.actions:
        data["actions"] = [_action_data(one) for one in fate.actions]
    if fate.answers:
        data["answers"] = fate.answers
    return _json(data).encode()


def _action_data(action: Action) -> dict[str, str]:
    data = {
        "fault": action.fault,
        "impairment": action.impairment,
        "settings": action.settings,
        "what": action.what,
    }
    if action.reason:
        data["reason"] = action.reason
    return data


@lru_cache(maxsize=1024)  # most packets of a capture are just delivered
def decode(data: bytes) -> Record:
    """Return what `encode` has written; ValueError when it is nothing of that."""
    read = json.loads(data)
    try:
        version = read.pop(_VERSION_KEY)
        if version != VERSION:
            text = f"a packet's fate in layout {version}, of another version of the lab"
            raise ValueError(text)
        source, target = str(read.pop("from", "")), str(read.pop("to", ""))
        segment_bytes = int(read.pop("segment_bytes", 0))
        actions = tuple(Action(**one) for one in read.pop("actions", ()))
        fate = Fate(actions=actions, answers=tuple(read.pop("answers", ())), **read)
    except (AttributeError, KeyError, TypeError) as error:
        text = f"no fate of a packet: {error!r}"
        raise ValueError(text) from None
    if fate.kind not in KINDS:
        text = f"no fate of a packet: {fate.kind!r}"
        raise ValueError(text)
    return Record(source, target, fate, segment_bytes)


def _joined(head: str, tail: str) -> str:
    return f"{head}: {tail}" if head and tail else head or tail


DELIVERED_FATE = Fate()
