"""Packets of a run's capture, counted by a pattern. Pure.

Comments of the capture begin with the link; what follows says what became of the packet.
"""

from collections.abc import Iterable, Sequence

from lab.agent.wire import match
from lab.evidence.packets import Seen
from lab.scenario.model import PacketPattern

# The words of a pattern's `fate`, and how a comment shows it.
FATES = ("delivered", "dropped", "held", "late", "changed", "copied")


def counted(packets: Iterable[Seen], pattern: PacketPattern) -> int:
    """Return how many packets fit the pattern."""
    names = [parameter.name for parameter in match.PARAMETERS]
    test = match.Match({name: pattern.match.get(name) for name in names})
    ends = pattern.links or ((pattern.source, pattern.target),)
    links = {f"{source} -> {target}" for source, target in ends}
    there = [one for one in packets if one.link in links and test.passes(one.packet)]
    return sum(fits(one.fate, pattern.fate) for one in there)


def fits(fate: str, wanted: str | None) -> bool:
    """Tell whether a comment says that a packet had this fate; None: any."""
    return wanted is None or wanted in words(fate)


def words(fate: str) -> Sequence[str]:
    """Return the words of FATES that a comment stands for."""
    what = fate.partition(":")[0]
    if not what.startswith("delivered"):
        return ["held" if what.startswith("still held") else "dropped"]
    marks = {"late": " late", "changed": " changed", "copied": " times"}
    return ["delivered", *(word for word, mark in marks.items() if mark in what)]
