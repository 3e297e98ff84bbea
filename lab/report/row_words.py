"""What is written in the rows of the picture, and what is read out of them. Pure."""

from collections.abc import Iterator, Sequence

from lab.report.arrows import Arrow, fate_words, marks, spoken
from lab.report.call_words import duration
from lab.report.geometry import Lanes
from lab.report.model import DELIVERED, Call, Fault, Log, Note, Packet, Program, Run
from lab.report.shapes import Text
from lab.report.story import HEIGHTS, Entry, Kind

_MOST_TEXT, _MOST_LOG = 42, 38


def clock(since_ns: int) -> str:
    """Return a time of the picture, in seconds from its begin."""
    return f"{since_ns / 1e9:.3f}"


class Words:
    """What is written in a row, and where."""

    def __init__(self, run: Run, there: Lanes) -> None:
        self._run = run
        self._lanes = there

    def text(self, entry: Entry, drawn: Arrow | None) -> Text | None:
        thing, middle = entry.thing, HEIGHTS[entry.kind] // 2 + 4
        parts = tuple((kind, word) for kind, word in self._parts(entry) if word)
        if not parts:
            return None
        if isinstance(thing, Packet) or entry.kind is Kind.GROUP:
            if entry.kind is Kind.GROUP:
                x = drawn.text_x if drawn else self._lanes.middle
                return Text(x, middle, "middle", parts)
            return Text(drawn.text_x, 11, drawn.anchor, parts) if drawn else None
        if isinstance(thing, Fault) and thing.links:
            return Text(self._between(thing), middle, "middle", parts)
        host = thing.host
        if not host:
            return Text(self._lanes.middle, middle, "middle", parts)
        x, anchor = self._lanes.label(host)
        return Text(x, middle, anchor, parts)

    def _between(self, fault: Fault) -> int:
        xs = [self._lanes.x(host) for link in fault.links for host in link]
        there = [x for x in xs if x is not None]
        return (min(there) + max(there)) // 2 if there else self._lanes.middle

    def spoken(self, entry: Entry) -> str:
        """Return the row for a reader who does not see the picture."""
        time, thing = clock(entry.time_ns - self._run.began_ns), entry.thing
        if entry.kind is Kind.GROUP:
            return f"{time} s: {group_words(entry.packets, entry.calls)}"
        if isinstance(thing, Packet):
            if entry.kind is Kind.ARRIVAL:
                return f"{time} s: {thing.target} gets {thing.label}"
            return f"{time} s: {spoken(thing)}"
        words = " ".join(word for _, word in self._parts(entry))
        host = thing.host
        return f"{time} s: {host}: {words}" if host else f"{time} s: {words}"

    def _parts(self, entry: Entry) -> Iterator[tuple[str, str]]:
        thing, kind = entry.thing, entry.kind
        if kind is Kind.GROUP:
            yield from _group_parts(entry, self._lanes)
            return
        match thing:
            case Call():
                yield from _call_parts(thing, kind)
            case Program():
                yield from _program_parts(thing, kind)
            case Packet():
                if kind is Kind.PACKET:
                    yield "label", thing.label
                    yield "mark", marks(thing)
                    yield "fate", fate_words(thing)
                    # One fault has its name on its shade.
                    several = thing.fault and len(self._run.faults) > 1
                    yield "by", f"({thing.fault})" if several else ""
            case Fault():
                yield from _fault_parts(thing, kind)
            case Log():
                pid = f"[{thing.pid}]" if thing.pid is not None else ""
                yield "ident", f"{thing.ident}{pid}:"
                yield "said", _cut(thing.message, max(12, _MOST_LOG - len(thing.ident) - len(pid)))
            case Note():
                yield "note", _cut(thing.text, 60)


def _call_parts(call: Call, kind: Kind) -> Iterator[tuple[str, str]]:
    yield "name", call.name
    if kind is not Kind.CALL_END:
        yield "about", call.about
    if kind is Kind.CALL_BEGIN:
        return
    yield "arrow", "\N{RIGHTWARDS ARROW}"
    outcome = "error" if call.error else "open" if call.ended_ns is None else "gave"
    yield outcome, call.result
    ended_ns = call.looked_ns if call.ended_ns is None else call.ended_ns
    if (lasted_ns := ended_ns - call.began_ns) >= 10_000_000:
        yield "lasted", f"{'for' if call.ended_ns is None else 'after'} {duration(lasted_ns)}"


def _program_parts(program: Program, kind: Kind) -> Iterator[tuple[str, str]]:
    if kind is Kind.PROGRAM_BEGIN:
        yield "name", _cut(" ".join(program.argv), 32)
        return
    yield "name", _cut(program.argv[0].rpartition("/")[2] if program.argv else "", 14)
    yield "arrow", "\N{RIGHTWARDS ARROW}"
    if program.exit_status is None:
        yield "open", "has not ended"
    else:
        yield ("error" if program.exit_status else "gave"), f"exit status {program.exit_status}"


def _fault_parts(fault: Fault, kind: Kind) -> Iterator[tuple[str, str]]:
    if kind is Kind.FAULT_ON:
        if fault.links:
            yield "fault", f"fault {fault.name}:"
            yield "what", _cut(fault.what, 36)
            yield "what", f"on {links_words(fault.links)}"
        else:
            yield "fault", f"fault {fault.name}:"
            yield "what", fault.what
        return
    yield "fault", f"fault {fault.name} lifted" + ("" if fault.acted is None else ":")
    if fault.acted is not None:
        plural = "" if fault.acted == 1 else "s"
        yield "what", f"it acted on {fault.acted:,} packet{plural}"


def links_words(links: Sequence[tuple[str, str]]) -> str:
    """Return links as people write them, both ways of one together."""
    words, left = [], list(links)
    while left:
        source, target = left.pop(0)
        both = (target, source) in left
        if both:
            left.remove((target, source))
        sign = "\N{LEFT RIGHT ARROW}" if both else "\N{RIGHTWARDS ARROW}"
        words.append(f"{source} {sign} {target}")
    return ", ".join(words)


def group_words(packets: Sequence[Packet], calls: int = 0) -> str:
    """Return what a group stands for: how many packets, from whom, and how many did not come."""
    ways: dict[tuple[str, str], int] = {}
    for packet in packets:
        ways[packet.source, packet.target] = ways.get((packet.source, packet.target), 0) + 1
    words = [f"{len(packets):,} packets"] if packets else []
    words += [f"{calls:,} calls that returned"] if calls else []
    if len(ways) > 1:
        words += [f"{count:,} from {source}" for (source, _), count in ways.items()]
    else:
        words += [f"{source} \N{RIGHTWARDS ARROW} {target}" for source, target in ways]
    fates: dict[str, int] = {}
    for packet in packets:
        for fate in packet.fates:
            fates[fate] = fates.get(fate, 0) + 1
    words += [f"{count:,} {fate}" for fate, count in fates.items() if fate != "delivered"]
    return " \N{MIDDLE DOT} ".join(words)


def _group_parts(entry: Entry, there: Lanes) -> Iterator[tuple[str, str]]:
    packets = entry.packets
    if entry.calls:
        yield "many", f"{entry.calls:,} calls,"
    if not packets:
        return
    yield "sign", "+"
    yield "many", f"{len(packets):,} packets"
    right = sum((there.x(one.source) or 0) < (there.x(one.target) or 0) for one in packets)
    ways = ((right, "\N{RIGHTWARDS ARROW}"), (len(packets) - right, "\N{LEFTWARDS ARROW}"))
    yield (
        "about",
        "\N{EN SPACE}".join(f"{count:,}\N{NO-BREAK SPACE}{sign}" for count, sign in ways if count),
    )
    fates: dict[str, int] = {}
    for fate in (fate for packet in packets for fate in packet.fates if fate != DELIVERED):
        fates[fate] = fates.get(fate, 0) + 1
    for fate, count in fates.items():
        yield f"of-{fate}", f"{count:,}\N{NO-BREAK SPACE}{fate}"


def _cut(text: str, most: int = _MOST_TEXT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
