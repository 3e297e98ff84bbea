"""Fates out of the comments of captures from before they were data. Pure.

The only place where a comment is read. The words are those that the lab wrote until November 2026:

    client -> server: delivered 50.1 ms late changed 2 times: TEXT by fault server/2 (SETTINGS); ...
    client -> server: dropped by fault server/3 (drop tcp=syn): REASON: TEXT by fault ...
    client -> server: not delivered: rejected: port-unreachable by fault server/7 (reject); ...
    client -> server: still held: delayed 50.000 ms by fault server/2 (delay delay_ms=50)
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lab.net.fate import DELIVERED, DROPPED, HELD, Action, Fate, Record

_LINK = re.compile(r"(?P<source>[^ :]+) -> (?P<target>[^ :]+): (?P<fate>.*)", re.DOTALL)
_BY = r"by fault (?P<fault>[^ ]+/\d+)(?: \((?P<settings>[^()]*)\))?"
_ACTION = re.compile(rf"(?P<text>[^;]*?) {_BY}")
_DELIVERED = re.compile(
    r"delivered(?: (?P<late>\d+(?:\.\d+)?) ms late)?(?P<changed> changed)?"
    r"(?: (?P<times>\d{1,9}) times)?"
)
_DROPPED = re.compile(rf"dropped {_BY}")
_NOT_DELIVERED = "not delivered: "
_STILL_HELD = "still held"
_BY_FAULT, _IDLE = " by fault ", "idle for "
_ANSWER = "; answered with "


@lru_cache(maxsize=1024)  # most packets of a capture are just delivered
def read(comment: str) -> Record:
    """Return the link and the fate that a comment of the lab stands for."""
    found = _LINK.fullmatch(comment)
    text = found["fate"] if found else comment
    fate = _fate(text)
    return Record(found["source"], found["target"], fate) if found else Record("", "", fate)


def _fate(text: str) -> Fate:
    text, *answers = text.split(_ANSWER)
    if found := _DELIVERED.match(text):
        return Fate(
            DELIVERED,
            late_ns=round(float(found["late"] or 0) * 1e6),
            duplicates=int(found["times"] or 1) - 1,
            is_changed=found["changed"] is not None,
            actions=tuple(_actions(text[found.end() :].removeprefix(": "))),
            answers=tuple(answers),
        )
    if text.startswith(_STILL_HELD):
        rest = text.removeprefix(_STILL_HELD).removeprefix(": ")
        return Fate(HELD, actions=tuple(_actions(rest)), answers=tuple(answers))
    return Fate(DROPPED, actions=tuple(_dropped(text)), answers=tuple(answers))


def _dropped(text: str) -> Iterator[Action]:
    """Yield what was done to a packet before it was dropped, then what dropped it."""
    if found := _DROPPED.match(text):
        reason, others = _split_reason(text[found.end() :].removeprefix(": "))
        yield from _actions(others)
        yield _action(found, DROPPED, reason)
        return
    actions = list(_actions(text.removeprefix(_NOT_DELIVERED)))
    yield from (*actions[1:], *actions[:1])


def _split_reason(text: str) -> tuple[str, str]:
    """Return why a packet was dropped and what else was done to it: `REASON: TEXT by fault ...`."""
    head, by, rest = text.partition(_BY_FAULT)
    if not by:
        return text, ""
    parts = head.split(": ")
    own = 2 if parts[-1].startswith(_IDLE) else 1
    return ": ".join(parts[:-own]), ": ".join(parts[-own:]) + by + rest


def _actions(text: str) -> Iterator[Action]:
    for found in _ACTION.finditer(text):
        what, _, reason = found["text"].lstrip(":; ").partition(": ")
        yield _action(found, what, reason)


def _action(found: re.Match[str], what: str, reason: str) -> Action:
    settings = found["settings"] or ""
    return Action(found["fault"], settings.partition(" ")[0], settings, what, reason)
