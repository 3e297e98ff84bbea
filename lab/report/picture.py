"""The sequence picture as shapes with coordinates; the template only writes them down. Pure."""

from lab.checks.verdict import Verdict
from lab.report import timeline
from lab.report.arrows import arrow
from lab.report.geometry import Lanes, lanes
from lab.report.model import Call, Fault, Log, Note, Packet, Program, Run
from lab.report.row_words import Words, clock
from lab.report.sentence import key_call
from lab.report.shapes import Picture, Row, Span
from lab.report.spans import spans
from lab.report.story import HEIGHTS, Entry, Kind, crosses, tell

TOP, BOTTOM = 14, 26


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
    for span in spans(run, entries, there, [row.key for row in picture.rows]):
        y1, y2 = tops[span.first] + span.begin, tops[span.last] + span.end
        fields = {name: getattr(span, name) for name in Span.__slots__} | {"y1": y1, "y2": y2}
        picture.spans.append(Span(**fields))
    return picture


def _row(
    entry: Entry, place: timeline.Placed, run: Run, there: Lanes, time: str, key: Call | None
) -> Row:
    thing, height = entry.thing, HEIGHTS[entry.kind]
    is_packet = entry.kind in {Kind.PACKET, Kind.GROUP}
    across = isinstance(thing, Packet) and entry.kind is Kind.PACKET and crosses(thing, run)
    drawn = arrow(thing, there, across=across) if isinstance(thing, Packet) and is_packet else None
    words = Words(run, there)
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
