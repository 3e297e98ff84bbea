"""The sequence picture as shapes with coordinates; the template only writes them down. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from lab.evidence.verdict import Verdict
from lab.report import timeline
from lab.report.arrows import BEGIN_Y, END_Y, Arrow, arrow, lower
from lab.report.columns import columns, most, widths
from lab.report.curve import curve
from lab.report.entries import HEIGHTS, Entry, Kind, Thing
from lab.report.geometry import MARGIN, RAIL, Lanes, lanes
from lab.report.model import Call, Fault, Note, Packet, Program, Run
from lab.report.plot import plot
from lab.report.row_text import Words, clock
from lab.report.rows import tell
from lab.report.shapes import Bar, Picture, Plot, Row
from lab.report.spans import bar, bar_kind, spans
from lab.report.summary import key_call
from lab.report.traced_call import FoldedCalls, Traced, TracedCall
from lab.report.traced_values import caller
from lab.report.wrapping import LETTER, LINE, lines, width

TOP, BOTTOM = 14, 26
_CURVE = 420  # between two lanes, if there is room


def draw(run: Run) -> Picture:
    """Return the picture of a run."""
    entries, beside = tell(run), columns(run)
    there = _lanes(run, entries, most(run, beside))
    arriving = {one.thing.number for one in entries if one.kind is Kind.ARRIVAL}
    make = _Rows(run, there, arriving, beside)
    rows = [make.row(entry) for entry in entries]
    heights = [(entry.time_ns, row.height) for entry, row in zip(entries, rows, strict=True)]
    placed, bottom = timeline.place(heights, TOP, [entry.until_ns for entry in entries])
    picture = Picture(there, [], height=bottom + BOTTOM)
    shown = ""
    for row, place in zip(rows, placed, strict=True):
        time = "" if row.time == shown else row.time
        picture.rows.append(replace(row, top=place.top, fold_ns=place.fold_ns, time=time))
        shown = row.time
    there_now = {row.key: row for row in picture.rows}
    for span in spans(run, there, there_now, beside):
        y1 = there_now[span.first].top + span.begin
        y2 = there_now[span.last].top + span.end
        picture.spans.append(replace(span, y1=y1, y2=y2))
    return picture


def _lanes(run: Run, entries: Sequence[Entry], bars: Sequence[int]) -> Lanes:
    """Place the lanes so far from each other and from the sides as the words there need."""
    if not run.hosts:
        return lanes(run.hosts)
    wide = lanes(run.hosts, columns=bars)
    words = Words(run, wide)
    between = max((len(one.label) for one in run.packets), default=0) * LETTER
    left = right = 0.0
    for entry in (one for row in entries for one in (row, *row.inside, *row.parts)):
        if entry.kind is Kind.TRANSFER:
            between = max(between, _CURVE)
        needs = max((width([part]) for part in words.parts(entry)), default=0)
        thing = entry.thing
        if isinstance(thing, Packet) or not thing.host or entry.kind is Kind.GROUP:
            between = max(between, min(width(words.parts(entry)), 2 * needs))
            continue
        x, anchor = wide.label(thing.host)
        reach = width(words.parts(entry)) + abs(x - (wide.x(thing.host) or 0))
        if anchor == "end":
            left = max(left, reach)
        elif thing.host == run.hosts[-1]:
            right = max(right, reach)
    room = round(between) + 3 * MARGIN
    if len(run.hosts) == 1:
        right = max(right, room / 2)
    return lanes(run.hosts, round(left) + MARGIN, round(right) + MARGIN, room, bars)


class _Rows:
    """Makes rows; `arriving` are the packets whose arrival has a row of its own."""

    def __init__(
        self, run: Run, there: Lanes, arriving: Collection[int], beside: Mapping[str, int]
    ) -> None:
        self._run = run
        self._lanes = there
        self._arriving = arriving
        self._beside = beside
        self._wide = widths(run, beside)
        self._key = key_call(run)
        self._words = Words(run, there)

    def row(self, entry: Entry) -> Row:
        """Return the row of an entry, not yet placed."""
        thing, kind = entry.thing, entry.kind
        across = kind is Kind.PACKET and thing.number in self._arriving
        drawn = self._arrow(entry, across=across)
        text = None if kind is Kind.TRANSFER else self._words.text(entry, drawn)
        its = self._plot(entry) if kind is Kind.TRANSFER else None
        more = LINE * max(
            0, (len(lines(text.parts)) if text else 1) - (2 if kind is Kind.FAULT_ON else 1)
        )
        if drawn and kind is Kind.PACKET:
            drawn = lower(drawn, more)
        return Row(
            key=entry.key,
            kind=kind,
            top=0,
            height=its.height if its else HEIGHTS[kind] + more,
            time_us=(entry.time_ns - self._run.began_ns) // 1000,
            until_us=(entry.until_ns - self._run.began_ns) // 1000,
            time=clock(entry.time_ns - self._run.began_ns),
            fold_ns=0,
            spoken=self._words.spoken(entry),
            hosts=_hosts(entry),
            connection=thing.connection if isinstance(thing, _CONNECTED) else None,
            fates=thing.fates if isinstance(thing, Packet) and kind is Kind.PACKET else (),
            text=text,
            arrow=drawn,
            is_across=across,
            dot=self._dot(entry),
            is_key=thing is self._key and kind in {Kind.CALL, Kind.CALL_END},
            is_bad=_is_bad(thing) and kind not in {Kind.CALL_BEGIN, Kind.PROGRAM_BEGIN},
            packets=entry.packets,
            inside=tuple(self.row(one) for one in entry.inside),
            parts=tuple(self.row(one) for one in entry.parts),
            plot=its,
            whole=self._words.whole(entry) if isinstance(thing, Call | Traced) else "",
            bar=self._bar(thing) if isinstance(thing, Traced) else None,
            caller=_caller(thing) if isinstance(thing, Traced) else None,
        )

    def _bar(self, traced: Traced) -> Bar | None:
        place = bar(traced, self._lanes, self._beside, self._wide)
        return Bar(*place, bar_kind(traced)) if place else None

    def _plot(self, entry: Entry) -> Plot:
        first = entry.packets[0]
        place = self._lanes.beside(first.source, first.target)
        return plot(curve(entry.packets), len(entry.packets), place, self._run.began_ns)

    def _arrow(self, entry: Entry, *, across: bool) -> Arrow | None:
        thing = entry.thing
        if isinstance(thing, Packet) and entry.kind is Kind.GROUP and thing.source == thing.target:
            return self._at_side(thing.source)
        if isinstance(thing, Packet) and entry.kind in {Kind.PACKET, Kind.GROUP}:
            return arrow(thing, self._lanes, across=across)
        return self._pile() if entry.kind is Kind.GROUP else None

    def _dot(self, entry: Entry) -> int | None:
        if entry.kind not in _DOTS:
            return None
        return None if isinstance(entry.thing, Packet) else self._lanes.x(entry.thing.host)

    def _at_side(self, host: str) -> Arrow | None:
        """Return where a group of a host's packets to itself lies: beside its lane."""
        there = self._lanes
        if host not in there.hosts or len(there.hosts) < 2:
            return None
        sign, number = there.side(host), there.hosts.index(host)
        x1, x2 = there.xs[number] + sign * RAIL, there.xs[number + sign] - sign * RAIL
        middle, room = there.beside(host, host)
        return Arrow(x1, BEGIN_Y, x2, END_Y, "head", (), middle, "middle", room)

    def _pile(self) -> Arrow | None:
        """Return where a group of calls alone lies: from the first lane to the last."""
        xs = self._lanes.xs
        if len(xs) < 2:
            return None
        there = self._lanes
        where = there.middle, "middle", there.middle_room
        return Arrow(xs[0] + RAIL, BEGIN_Y, xs[-1] - RAIL, END_Y, "head", (), *where)


_CONNECTED = Packet | Call | TracedCall | FoldedCalls
_DOTS = {Kind.LOG, Kind.PRINTED, Kind.NOTE, Kind.FAULT_ON, Kind.FAULT_OFF}


def _caller(traced: Traced) -> tuple[str, str, str]:
    """Return what a traced call can be filtered by; "" for what those of a fold differ in."""
    there = {caller(one) for one in traced.calls}
    program, thread, descriptor = (
        words.pop() if len(words) == 1 else "" for words in map(set, zip(*there, strict=True))
    )
    return program, thread, descriptor


def _is_bad(thing: object) -> bool:
    if isinstance(thing, Call | Program):
        return thing.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    return isinstance(thing, Note) and thing.is_bad


def _hosts(entry: Entry) -> tuple[str, ...]:
    things = [entry.thing]
    if entry.kind in {Kind.GROUP, Kind.TRANSFER}:
        things = [*entry.packets, *(one.thing for one in entry.inside)]
    return tuple(sorted({host for thing in things for host in _of(thing)}))


def _of(thing: Thing) -> tuple[str, ...]:
    if isinstance(thing, Packet):
        return thing.source, thing.target
    if isinstance(thing, Fault) and thing.links:
        return tuple(host for link in thing.links for host in link)
    return (thing.host,) if thing.host else ()
