"""What is written in the rows of the picture, and what is read out of them. Pure."""

from collections.abc import Iterator, Sequence

from lab.report.arrows import TEXT_Y, Arrow, fate_words, marks, spoken
from lab.report.call_text import WHOLE, counted, duration
from lab.report.curve import curve
from lab.report.curve import spoken as spoken_curve
from lab.report.entries import HEIGHTS, Entry, Kind
from lab.report.geometry import Lanes
from lab.report.group_text import calls_here, group_parts, group_words
from lab.report.hosts import names_by_address
from lab.report.model import Call, Fault, Log, Note, Packet, Printed, Program, Run
from lab.report.sampling import sampled
from lab.report.shapes import Text
from lab.report.traced_call import FoldedCalls, TracedCall
from lab.report.traced_text import parts as traced_parts
from lab.report.wrapping import BELOW, wrap

_MOST_TEXT = 60  # of what the room would not cut
FAULT_Y = 17  # the first of two lines


def clock(since_ns: int) -> str:
    """Return a time of the picture, in seconds from its begin."""
    return f"{since_ns / 1e9:.3f}"


class Words:
    """What is written in a row, and where."""

    def __init__(self, run: Run, there: Lanes) -> None:
        self._run = run
        self._lanes = there
        self._here = sampled(run.packets)
        self.names = names_by_address(run.addresses)

    def text(self, entry: Entry, drawn: Arrow | None) -> Text | None:
        """Return the words of a row, in the room that they have there."""
        thing, kind, parts = entry.thing, entry.kind, self.parts(entry)
        x, anchor, room, most = self._place(entry, drawn)
        if not parts or not most:
            return None
        y = HEIGHTS[kind] // 2 + 4
        if isinstance(thing, Packet) and kind is not Kind.GROUP:
            y = TEXT_Y
        elif isinstance(thing, Fault) and kind is Kind.FAULT_ON and (thing.links or thing.call_id):
            y = FAULT_Y
        return Text(x, y, anchor, wrap(parts, room, most))

    def _place(self, entry: Entry, drawn: Arrow | None) -> tuple[int, str, int, int]:
        """Return where words stand, their text-anchor, how wide they can be, on how many lines."""
        thing, there = entry.thing, self._lanes
        if isinstance(thing, Packet):
            if drawn:
                return drawn.text_x, drawn.anchor, drawn.room, 2
            is_group = entry.kind is Kind.GROUP
            return there.middle, "middle", there.middle_room, 2 if is_group else 0
        if isinstance(thing, Fault) and thing.links:
            x, room = self._between(thing)
            return x, "middle", room, 3 if entry.kind is Kind.FAULT_ON else 2
        host = thing.host
        if entry.kind is not Kind.GROUP and not host and len(there.hosts) == 1:
            host = there.hosts[0]  # the middle is its lane, where its bars are
        if entry.kind is Kind.GROUP or not host:
            return there.middle, "middle", there.middle_room, 2
        is_long = isinstance(thing, Fault) and thing.call_id
        return *there.label(host), there.label_room(host), 2 if is_long else 1

    def _between(self, fault: Fault) -> tuple[int, int]:
        """Return the middle of the first gap that a fault is on, and the room there."""
        hosts = [host for link in fault.links for host in link if host in self._lanes.hosts]
        order = sorted(hosts, key=self._lanes.hosts.index)
        return self._lanes.beside(order[0], order[-1]) if order else self._lanes.beside("", "")

    def spoken(self, entry: Entry) -> str:
        """Return the row for a reader who does not see the picture."""
        time = clock(entry.time_ns - self._run.began_ns)
        thing = entry.thing
        if entry.kind is Kind.TRANSFER:
            return f"{time} s: {spoken_curve(curve(entry.packets), len(entry.packets))}"
        if entry.kind is Kind.GROUP:
            return f"{time} s: {group_words(entry, self._here)}"
        if isinstance(thing, Packet):
            if entry.kind is Kind.ARRIVAL:
                return f"{time} s: {thing.target} gets {thing.label}"
            return f"{time} s: {spoken(thing)}"
        return (
            f"{time} s: {thing.host}: {self.whole(entry)}"
            if thing.host
            else (f"{time} s: {self.whole(entry)}")
        )

    def whole(self, entry: Entry) -> str:
        """Return the words of a row, none of them cut."""
        return " ".join(word for _, word in self.parts(entry, whole=True))

    def parts(self, entry: Entry, *, whole: bool = False) -> tuple[tuple[str, str], ...]:
        """Return the words of a row, each with its kind."""
        return tuple((kind, word) for kind, word in self._parts(entry, whole) if word)

    def _parts(self, entry: Entry, whole: bool) -> Iterator[tuple[str, str]]:  # noqa: C901 - a table
        thing, kind = entry.thing, entry.kind
        if kind is Kind.GROUP:
            yield from group_parts(entry, self._lanes, self._here)
            return
        match thing:
            case Call():
                yield from _call_parts(thing, kind, whole)
            case TracedCall() | FoldedCalls():
                yield from traced_parts(thing, kind, self.names, whole=whole)
                yield "by", calls_here(entry) if whole else ""
            case Program():
                yield from _program_parts(thing, kind, whole)
            case Packet():
                if kind is Kind.PACKET:
                    yield "label", thing.label
                    yield "mark", marks(thing)
                    yield "fate", fate_words(thing)
                    # One fault has its name on its shade.
                    several = thing.fault and len(self._run.faults) > 1
                    yield "by", f"({thing.fault})" if several else ""
            case Fault():
                yield from _fault_parts(thing, kind, whole)
            case Log():
                pid = f"[{thing.pid}]" if thing.pid is not None else ""
                yield "ident", f"{thing.ident}{pid}:"
                yield "said", _cut(thing.message, WHOLE if whole else _MOST_TEXT)
            case Printed():
                yield "ident", f"{thing.stream or 'printed'}:"
                text = thing.text if whole else thing.telling
                yield "said", _cut(text, WHOLE if whole else _MOST_TEXT)
                more = len(thing.lines) - 1
                yield "more", f"(and {counted(more, 'line')})" if more and not whole else ""
            case Note():
                yield "note", _cut(thing.text, WHOLE if whole else _MOST_TEXT)


def _call_parts(call: Call, kind: Kind, whole: bool) -> Iterator[tuple[str, str]]:
    yield "name", call.name
    if kind is not Kind.CALL_END or whole:
        yield "about", call.asked if whole else call.about
    if kind is Kind.CALL_BEGIN:
        return
    yield "arrow", "\N{RIGHTWARDS ARROW}"
    if call.ended_ns is None:
        yield "open", "still waiting"
        stopped = ", when the lab stopped looking" if whole else ""
        yield "lasted", f"after {duration(call.looked_ns - call.began_ns)}{stopped}"
        return
    yield "error" if call.error else "gave", call.came if whole else call.result
    if (lasted_ns := call.ended_ns - call.began_ns) >= 10_000_000:
        yield "lasted", f"after {duration(lasted_ns)}"


def _program_parts(program: Program, kind: Kind, whole: bool) -> Iterator[tuple[str, str]]:
    if kind is Kind.PROGRAM_BEGIN:
        yield "name", _cut(program.line, WHOLE) if whole else _cut(" ".join(program.argv), 32)
        return
    name = program.argv[0].rpartition("/")[2] if program.argv else ""
    yield "name", _cut(program.line, WHOLE) if whole else _cut(name, 14)
    yield "arrow", "\N{RIGHTWARDS ARROW}"
    if program.exit_status is None:
        yield "open", "has not ended"
    else:
        yield ("error" if program.exit_status else "gave"), f"exit status {program.exit_status}"


def _fault_parts(fault: Fault, kind: Kind, whole: bool) -> Iterator[tuple[str, str]]:
    if kind is Kind.FAULT_ON:
        yield "fault", f"fault {fault.name}:"
        most = 2 * _MOST_TEXT if fault.call_id else _MOST_TEXT
        yield "what", _cut(fault.what, WHOLE if whole else most)
        # A line of its own, so that it stays between the lanes.
        yield f"what{BELOW}", f"on {links_words(fault.links)}" if fault.links else ""
        return
    # What only the end of the run lifts has let nothing recover.
    over = "lasted to the end" if fault.to_end else "lifted"
    yield "fault", f"fault {fault.name} {over}" + ("" if fault.acted is None else ":")
    if fault.acted is not None:
        yield "what", f"it {acted_words(fault)}"


def acted_words(fault: Fault) -> str:
    """Return how often a fault acted: `acted on 2 calls`; "" where that is not known."""
    if fault.acted is None:
        return ""
    return f"acted on {counted(fault.acted, fault.unit)}" if fault.acted else "never acted"


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


def _cut(text: str, most: int = _MOST_TEXT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
