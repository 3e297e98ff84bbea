"""Packets of a run's capture, counted by a pattern. Pure."""

from collections.abc import Iterable

from lab.agent.wire import match
from lab.evidence.packets import Seen
from lab.scenario.model import PacketPattern


def counted(packets: Iterable[Seen], pattern: PacketPattern) -> int:
    """Return how many packets fit the pattern."""
    names = [parameter.name for parameter in match.PARAMETERS]
    test = match.Match({name: pattern.match.get(name) for name in names})
    ends = pattern.links or ((pattern.source, pattern.target),)
    links = {f"{source} -> {target}" for source, target in ends}
    there = [one for one in packets if one.link in links and test.passes(one.packet)]
    return sum(pattern.fate is None or pattern.fate in one.fate.words for one in there)
