"""The sequence picture as shapes with coordinates; the template only writes them down. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from lab.checks.verdict import Verdict
from lab.report import timeline
from lab.report.arrows import BEGIN_Y, END_Y, Arrow, arrow
from lab.report.geometry import LETTER, MARGIN, RAIL, Lanes, lanes, width
from lab.report.model import Call, Fault, Note, Packet, Program, Run
from lab.report.row_words import Words, clock
from lab.report.sentence import key_call
from lab.report.shapes import Picture, Row
from lab.report.spans import spans
from lab.report.story import HEIGHTS, Entry, Kind, Thing, tell

TOP, BOTTOM = 14, 26


def draw(run: Run) -> Picture:
    """Return the picture of a run."""
    entries = tell(run)
    heights = [(one.time_ns, HEIGHTS[one.kind]) for one in entries]
    placed, bottom = timeline.place(heights, TOP)
    there = _lanes(run, entries)
    arriving = {one.thing.number for one in entries if one.kind is Kind.ARRIVAL}
    rows = _Rows(run, there, arriving)
    picture = Picture(there, [], height=bottom + BOTTOM)
    shown = ""
    for entry, place in zip(entries, placed, strict=True):
        time = clock(entry.time_ns - run.began_ns)
        picture.rows.append(rows.row(entry, place, "" if time == shown else time))
        shown = time
    tops = {row.key: row.top for row in picture.rows}
    for span in spans(run, entries, there, [row.key for row in picture.rows]):
        y1, y2 = tops[span.first] + span.begin, tops[span.last] + span.end
        picture.spans.append(replace(span, y1=y1, y2=y2))
    return picture


def _lanes(run: Run, entries: Sequence[Entry]) -> Lanes:
    """Place the lanes so far from each other and from the sides as the words there need."""
    guess = lanes(run.hosts)
    if not guess.xs:
        return guess
    words, first, last = Words(run, guess), guess.xs[0], guess.xs[-1]
    between = max((len(one.label) for one in run.packets), default=0) * LETTER
    left = right = 0
    for entry in (one for row in entries for one in (row, *row.inside)):
        drawn = arrow(entry.thing, guess) if isinstance(entry.thing, Packet) else None
        text = words.text(entry, drawn)
        if text is None:
            continue
        wide = width(text.parts)
        begins = text.x - {"start": 0, "middle": wide // 2, "end": wide}[text.anchor]
        left, right = max(left, first - begins), max(right, begins + wide - last)
        between = max(between, wide if text.anchor == "middle" else 0)
    return lanes(run.hosts, left + MARGIN, right + MARGIN, round(between) + 3 * MARGIN)


class _Rows:
    """Makes rows; `arriving` are the packets whose arrival has a row of its own."""

    def __init__(self, run: Run, there: Lanes, arriving: Collection[int]) -> None:
        self._run = run
        self._lanes = there
        self._arriving = arriving
        self._key = key_call(run)
        self._words = Words(run, there)

    def row(self, entry: Entry, place: timeline.Placed, time: str) -> Row:
        thing, kind = entry.thing, entry.kind
        is_packet = isinstance(thing, Packet) and kind in {Kind.PACKET, Kind.GROUP}
        across = kind is Kind.PACKET and thing.number in self._arriving
        drawn = None
        if is_packet and isinstance(thing, Packet):
            drawn = arrow(thing, self._lanes, across=across)
        elif kind is Kind.GROUP:
            drawn = self._pile()
        return Row(
            key=entry.key,
            kind=kind,
            top=place.top,
            height=HEIGHTS[kind],
            time_us=(entry.time_ns - self._run.began_ns) // 1000,
            time=time,
            fold_ns=place.fold_ns,
            spoken=self._words.spoken(entry),
            hosts=_hosts(entry),
            connection=thing.connection if isinstance(thing, Packet | Call) else None,
            fates=thing.fates if isinstance(thing, Packet) and kind is Kind.PACKET else (),
            text=self._words.text(entry, drawn),
            arrow=None if across else drawn,
            dot=self._dot(entry),
            is_key=thing is self._key and kind in {Kind.CALL, Kind.CALL_END},
            is_bad=_is_bad(thing) and kind not in {Kind.CALL_BEGIN, Kind.PROGRAM_BEGIN},
            packets=entry.packets,
            inside=tuple(self.row(one, timeline.Placed(0, 0), "") for one in entry.inside),
            whole=self._words.whole(entry) if isinstance(thing, Call) else "",
        )

    def _dot(self, entry: Entry) -> int | None:
        if entry.kind not in {Kind.LOG, Kind.NOTE, Kind.FAULT_ON, Kind.FAULT_OFF}:
            return None
        return None if isinstance(entry.thing, Packet) else self._lanes.x(entry.thing.host)

    def _pile(self) -> Arrow | None:
        """Return where a group of calls alone lies: from the first lane to the last."""
        xs = self._lanes.xs
        if len(xs) < 2:
            return None
        middle = self._lanes.middle
        return Arrow(xs[0] + RAIL, BEGIN_Y, xs[-1] - RAIL, END_Y, "head", (), middle, "middle")


def _is_bad(thing: object) -> bool:
    if isinstance(thing, Call | Program):
        return thing.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    return isinstance(thing, Note) and thing.is_bad


def _hosts(entry: Entry) -> tuple[str, ...]:
    things = [entry.thing]
    if entry.kind is Kind.GROUP:
        things = [*entry.packets, *(one.thing for one in entry.inside)]
    return tuple(sorted({host for thing in things for host in _of(thing)}))


def _of(thing: Thing) -> tuple[str, ...]:
    if isinstance(thing, Packet):
        return thing.source, thing.target
    if isinstance(thing, Fault) and thing.links:
        return tuple(host for link in thing.links for host in link)
    return (thing.host,) if thing.host else ()
