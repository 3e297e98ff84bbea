"""What is written on a group, and what is read out of it. Pure."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence

from lab.net.fate import DELIVERED
from lab.report.call_text import counted
from lab.report.entries import Entry
from lab.report.geometry import Lanes
from lab.report.model import Packet

_MOST_NAMES = 3


def group_words(entry: Entry, here: Container[int]) -> str:
    """Return what a group stands for: how many packets, from whom, and how many did not come."""
    ways: dict[tuple[str, str], int] = {}
    for packet in entry.packets:
        ways[packet.source, packet.target] = ways.get((packet.source, packet.target), 0) + 1
    words = [counted(entry.calls, "call")] if entry.calls else []
    words += [", ".join(_names(entry)), *_failures(entry)] if entry.traced else []
    words += [counted(len(entry.packets), "packet")] if entry.packets else []
    if len(ways) > 1:
        words += [f"{count:,} from {source}" for (source, _), count in ways.items()]
    else:
        words += [f"{source} \N{RIGHTWARDS ARROW} {target}" for source, target in ways]
    words += [f"{count:,} {fate}" for fate, count in _fates(entry.packets)]
    words += [one for one in (_here(entry, here), calls_here(entry)) if one]
    return " \N{MIDDLE DOT} ".join(words)


def group_parts(entry: Entry, there: Lanes, here: Container[int]) -> Iterator[tuple[str, str]]:
    """Yield the words on a group, each with its kind; `here` are the packets that the page has."""
    packets = entry.packets
    yield "sign", "+"
    if entry.calls:
        yield "many", counted(entry.calls, "call") + ("," if packets else "")
        yield "about", ", ".join(_names(entry))
        yield from (("error", one) for one in _failures(entry))
        yield "by", calls_here(entry)
    if not packets:
        return
    yield "many", counted(len(packets), "packet")
    right = sum((there.x(one.source) or 0) < (there.x(one.target) or 0) for one in packets)
    itself = sum(one.source == one.target for one in packets)
    ways = (
        (right, "\N{RIGHTWARDS ARROW}"),
        (len(packets) - right - itself, "\N{LEFTWARDS ARROW}"),
        (itself, "\N{ANTICLOCKWISE OPEN CIRCLE ARROW}"),
    )
    yield (
        "about",
        "\N{EN SPACE}".join(f"{count:,}\N{NO-BREAK SPACE}{sign}" for count, sign in ways if count),
    )
    for fate, count in _fates(packets):
        yield f"of-{fate}", f"{count:,}\N{NO-BREAK SPACE}{fate}"
    yield "by", _here(entry, here)


def _here(entry: Entry, here: Container[int]) -> str:
    """Say if some are not on the page one by one."""
    count = sum(one.number in here for one in entry.packets)
    if count == len(entry.packets):
        return ""
    return f"{count:,} of them here" if count else "only in the capture"


def _names(entry: Entry) -> list[str]:
    """Return the names of the calls of programs that come most often."""
    return [name for name, _ in Counter(one.name for one in entry.traced).most_common(_MOST_NAMES)]


def _failures(entry: Entry) -> list[str]:
    """Say how many of them failed, and with which errno."""
    errors = Counter(one.error for one in entry.traced if one.is_failed)
    return [f"{count:,}\N{NO-BREAK SPACE}{name}" for name, count in errors.most_common(2)]


def calls_here(entry: Entry) -> str:
    """Say if some calls are not on the page one by one."""
    if not entry.elsewhere:
        return ""
    count = entry.calls - entry.elsewhere
    return f"{count:,} of the calls here" if count else "only in the events"


def _fates(packets: Sequence[Packet]) -> Iterable[tuple[str, int]]:
    fates: dict[str, int] = {}
    for fate in (fate for packet in packets for fate in packet.fates if fate != DELIVERED):
        fates[fate] = fates.get(fate, 0) + 1
    return fates.items()
