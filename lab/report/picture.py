"""The sequence picture as shapes with coordinates; the template only writes them down. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lab.checks.verdict import Verdict
from lab.report import timeline
from lab.report.arrows import Arrow, arrow, fate_words, marks, spoken
from lab.report.call_words import duration
from lab.report.geometry import Lanes, lanes
from lab.report.model import DELIVERED, Call, Fault, Log, Note, Packet, Program, Run
from lab.report.sentence import key_call
from lab.report.story import HEIGHTS, Entry, Kind, crosses, tell

TOP, BOTTOM = 14, 26
_BAR, _BESIDE = 10, 7
_MOST_TEXT, _MOST_LOG = 42, 38


@dataclass(frozen=True, slots=True)
class Text:
    """Words on the picture: `parts` are pairs of what kind of word it is, and the word."""

    x: int
    y: int
    anchor: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened. `hosts` and `connection` are what it can be filtered by."""

    key: str
    kind: Kind
    top: int
    height: int
    time_us: int
    time: str
    fold_ns: int
    spoken: str
    hosts: tuple[str, ...]
    connection: int | None
    fates: tuple[str, ...] = ()
    text: Text | None = None
    arrow: Arrow | None = None
    dot: int | None = None
    is_key: bool = False
    is_bad: bool = False
    packets: tuple[Packet, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """What lasts from one row to another: a call's bar, a fault's shade, a late packet's flight.

    It goes from `begin` units below the top of the row `first` to `end` below that of `last`.
    """

    kind: str
    key: str
    first: str
    begin: int
    last: str
    end: int
    x1: int
    x2: int
    y1: int
    y2: int
    words: str = ""


@dataclass(slots=True)
class Picture:
    """All of it."""

    lanes: Lanes
    rows: list[Row]
    spans: list[Span] = field(default_factory=list)
    height: int = 0


def draw(run: Run) -> Picture:
    """Return the picture of a run."""
    entries = tell(run)
    heights = [(one.time_ns, HEIGHTS[one.kind]) for one in entries]
    placed, bottom = timeline.place(heights, TOP)
    there = lanes(run.hosts)
    key = key_call(run)
    picture = Picture(there, [], height=bottom + BOTTOM)
    shown = ""
    for entry, place in zip(entries, placed, strict=True):
        time = clock(entry.time_ns - run.began_ns)
        row = _row(entry, place, run, there, "" if time == shown else time, key)
        shown = time
        picture.rows.append(row)
    tops = {row.key: row.top for row in picture.rows}
    for span in _spans(run, entries, there, [row.key for row in picture.rows]):
        y1, y2 = tops[span.first] + span.begin, tops[span.last] + span.end
        fields = {name: getattr(span, name) for name in Span.__slots__} | {"y1": y1, "y2": y2}
        picture.spans.append(Span(**fields))
    return picture


def clock(since_ns: int) -> str:
    """Return a time of the picture, in seconds from its begin."""
    return f"{since_ns / 1e9:.3f}"


def _row(
    entry: Entry, place: timeline.Placed, run: Run, there: Lanes, time: str, key: Call | None
) -> Row:
    thing, height = entry.thing, HEIGHTS[entry.kind]
    is_packet = entry.kind in {Kind.PACKET, Kind.GROUP}
    across = isinstance(thing, Packet) and entry.kind is Kind.PACKET and crosses(thing, run)
    drawn = arrow(thing, there, across=across) if isinstance(thing, Packet) and is_packet else None
    words = _Words(run, there)
    lane = there.x(thing.host) if isinstance(thing, Call | Log | Note | Fault) else None
    return Row(
        key=entry.key,
        kind=entry.kind,
        top=place.top,
        height=height,
        time_us=(entry.time_ns - run.began_ns) // 1000,
        time=time,
        fold_ns=place.fold_ns,
        spoken=words.spoken(entry),
        hosts=_hosts(entry),
        connection=thing.connection if isinstance(thing, Packet | Call) else None,
        fates=thing.fates if isinstance(thing, Packet) and entry.kind is Kind.PACKET else (),
        text=words.text(entry, drawn),
        arrow=None if across else drawn,
        dot=lane if entry.kind in {Kind.LOG, Kind.NOTE, Kind.FAULT_ON, Kind.FAULT_OFF} else None,
        is_key=thing is key and entry.kind in {Kind.CALL, Kind.CALL_END},
        is_bad=_is_bad(thing) and entry.kind not in {Kind.CALL_BEGIN, Kind.PROGRAM_BEGIN},
        packets=entry.packets,
    )


def _is_bad(thing: object) -> bool:
    if isinstance(thing, Call | Program):
        return thing.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    return isinstance(thing, Note) and thing.is_bad


def _hosts(entry: Entry) -> tuple[str, ...]:
    thing = entry.thing
    if isinstance(thing, Packet):
        ends = {host for one in (thing, *entry.packets) for host in (one.source, one.target)}
        return tuple(sorted(ends))
    if isinstance(thing, Fault) and thing.links:
        return tuple(sorted({host for link in thing.links for host in link}))
    return (thing.host,) if thing.host else ()


class _Words:
    """What is written in a row, and where."""

    def __init__(self, run: Run, there: Lanes) -> None:
        self._run = run
        self._lanes = there

    def text(self, entry: Entry, drawn: Arrow | None) -> Text | None:
        thing, middle = entry.thing, HEIGHTS[entry.kind] // 2 + 4
        parts = tuple((kind, word) for kind, word in self._parts(entry) if word)
        if not parts:
            return None
        if isinstance(thing, Packet):
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
        if isinstance(thing, Packet):
            if entry.kind is Kind.ARRIVAL:
                return f"{time} s: {thing.target} gets {thing.label}"
            if entry.kind is Kind.GROUP:
                return f"{time} s: {group_words(entry.packets)}"
            return f"{time} s: {spoken(thing)}"
        words = " ".join(word for _, word in self._parts(entry))
        host = thing.host
        return f"{time} s: {host}: {words}" if host else f"{time} s: {words}"

    def _parts(self, entry: Entry) -> Iterator[tuple[str, str]]:
        thing, kind = entry.thing, entry.kind
        match thing:
            case Call():
                yield from _call_parts(thing, kind)
            case Program():
                yield from _program_parts(thing, kind)
            case Packet():
                if kind is Kind.GROUP:
                    yield from _group_parts(entry.packets, self._lanes)
                elif kind is Kind.PACKET:
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


def group_words(packets: Sequence[Packet]) -> str:
    """Return what a group stands for: how many packets, from whom, and how many did not come."""
    ways: dict[tuple[str, str], int] = {}
    for packet in packets:
        ways[packet.source, packet.target] = ways.get((packet.source, packet.target), 0) + 1
    words = [f"{len(packets):,} packets"]
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


def _group_parts(packets: Sequence[Packet], there: Lanes) -> Iterator[tuple[str, str]]:
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


def _spans(run: Run, entries: Sequence[Entry], there: Lanes, keys: Sequence[str]) -> Iterator[Span]:
    kinds = dict(zip(keys, (entry.kind for entry in entries), strict=True))
    if not keys:
        return
    yield from _shades(run, there, kinds, keys[-1])
    yield from _bars(run, there, kinds)
    for packet in run.packets:
        first, last = f"p{packet.number}", f"p{packet.number}a"
        drawn = arrow(packet, there, across=True)
        if drawn and first in kinds and last in kinds:
            yield Span(
                kind=" ".join(("flight", *packet.fates)),
                key=first,
                first=first,
                begin=drawn.y1,
                last=last,
                end=6,
                x1=drawn.x1,
                x2=drawn.x2,
                y1=0,
                y2=0,
            )


def _shades(run: Run, there: Lanes, kinds: dict[str, Kind], final: str) -> Iterator[Span]:
    for fault in run.faults:
        key, lifted = f"f{fault.number}", f"f{fault.number}e"
        last, end = (lifted, HEIGHTS[Kind.FAULT_OFF] - 4) if lifted in kinds else (final, 30)
        if fault.is_moment:
            last, end = key, HEIGHTS[Kind.FAULT_ON]
        pairs = {tuple(sorted(link)) for link in fault.links} or {(fault.host, fault.host)}
        for one, other in sorted(pairs):
            x1, x2 = there.x(one), there.x(other)
            if x1 is None or x2 is None:
                continue
            x1, x2 = (x1 - 14, x1 + 14) if x1 == x2 else (min(x1, x2), max(x1, x2))
            kind = "shade moment" if fault.is_moment else "shade"
            yield Span(kind, key, key, 2, last, end, x1, x2, 0, 0, f"{fault.name}: {fault.what}")


def _bars(run: Run, there: Lanes, kinds: dict[str, Kind]) -> Iterator[Span]:
    busy: dict[str, list[int]] = {}
    things: list[Call | Program] = sorted((*run.programs, *run.calls), key=lambda one: one.began_ns)
    for thing in things:
        x = there.x(thing.host)
        key = f"{'c' if isinstance(thing, Call) else 'g'}{thing.number}"
        if x is None or key not in kinds:
            continue
        ended_ns = thing.looked_ns if thing.ended_ns is None else thing.ended_ns
        # Those under way at the same time stand beside each other.
        columns = busy.setdefault(thing.host, [])
        free = (number for number, until in enumerate(columns) if until <= thing.began_ns)
        column = next(free, len(columns))
        columns[column : column + 1] = [ended_ns]
        _, anchor = there.label(thing.host)
        x += column * _BESIDE * (-1 if anchor == "end" else 1)
        is_whole = f"{key}e" not in kinds
        height = HEIGHTS[kinds[key]]
        kind = "bar program" if isinstance(thing, Program) else "bar"
        if thing.ended_ns is None:
            kind += " open"
        elif isinstance(thing, Call) and thing.error:
            kind += " error"
        yield Span(
            kind=kind,
            key=key,
            first=key,
            begin=5 if is_whole else 7,
            last=key if is_whole else f"{key}e",
            end=height - 5 if is_whole else HEIGHTS[Kind.CALL_END] - 7,
            x1=x - _BAR // 2,
            x2=x + _BAR // 2,
            y1=0,
            y2=0,
        )


def _cut(text: str, most: int = _MOST_TEXT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
