"""What the page's script is given: packets, groups, and the details of everything. Pure."""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from lab.evidence.text import plain
from lab.report import timeline
from lab.report.arrows import BEGIN_Y, END_Y, HELD_AT, LATE_Y, LOOP_Y, LOST_AT, TEXT_Y
from lab.report.call_text import counted, duration
from lab.report.entries import HEIGHTS, Entry, Kind
from lab.report.geometry import BAR, LOOP, RAIL, TIMES_X, Lanes
from lab.report.hosts import names_by_address
from lab.report.model import Call, Fault, Log, Note, Packet, Printed, Program, Run
from lab.report.packet_columns import on_the_page, packet_columns, ranges
from lab.report.picture import BOTTOM, TOP
from lab.report.row_text import Words, clock, links_words
from lab.report.shapes import Picture, Row
from lab.report.spans import BAR_FREE, TRACED_FREE
from lab.report.touched import touched
from lab.report.traced_call import Traced, every
from lab.report.traced_detail import traced_detail
from lab.report.wrapping import LINE, Parts, wrap

_MOST_TEXT = 1000
# What the script needs to draw and place as the picture does.
MEASURES = {
    "top": TOP,
    "bottom": BOTTOM,
    "fold": timeline.FOLD_HEIGHT,
    "fold_us": timeline.FOLD_NS // 1000,
    "gaps": [[limit_ns // 1000, space] for limit_ns, space in timeline.STEPS],
    "rail": RAIL,
    "packet": HEIGHTS[Kind.PACKET],
    "line": LINE,
    "call": HEIGHTS[Kind.CALL],
    "times_x": TIMES_X,
    "text_y": TEXT_Y,
    "begin_y": BEGIN_Y,
    "end_y": END_Y,
    "late_y": LATE_Y,
    "loop_y": LOOP_Y,
    "loop": LOOP,
    "lost_at": LOST_AT,
    "held_at": HELD_AT,
    "bar": BAR,
    "bar_free": BAR_FREE,
    "traced": HEIGHTS[Kind.TRACED],
    "traced_free": TRACED_FREE,
}

Detail = list[tuple[str, str]]


def payload(run: Run, picture: Picture) -> dict[str, Any]:
    """Return it, ready for JSON."""
    there = picture.lanes
    here = on_the_page(run, picture)
    traced = _traced(run, picture)
    return {
        "lanes": dict(zip(there.hosts, there.xs, strict=True)),
        "labels": [there.label(host) for host in there.hosts],
        "width": there.width,
        "measures": MEASURES,
        "gaps": [_gaps(there, host) for host in there.hosts],
        "loops": [[there.side(host), *there.loop_words(host)[:2]] for host in there.hosts],
        "names": len(run.faults) > 1,  # one fault has its name on its shade
        "connections": [one.label for one in run.connections],
        "packets": packet_columns(run, here),
        "wrapped": _wrapped(run, picture, here),
        "groups": {row.key: _group(row) for row in _groups(picture)},
        "links": {key: ranges(packets) for key, packets in _links(run, traced) if packets},
        "touched": touched(run),
        "details": {
            key: [(term, _cut(text)) for term, text in detail if text]
            for key, detail in _details(run, traced)
        },
    }


def _gaps(there: Lanes, host: str) -> list[int]:
    """Return where the words of what a host sends stand: to a host on its left, on its right."""
    return [there.beside(host, other)[0] for other in (there.hosts[0], there.hosts[-1])]


def _wrapped(run: Run, picture: Picture, here: Container[int]) -> dict[int, Parts]:
    """Return the words of those packets in groups that do not fit on one line, by their numbers."""
    words, found = Words(run, picture.lanes), {}
    for packet in (one for row in picture.rows for one in row.packets if one.number in here):
        parts = words.parts(Entry(packet.time_ns, Kind.PACKET, packet))
        room = _room(packet, picture.lanes)
        if (wrapped := wrap(parts, room, 2)) is not parts:
            found[packet.number] = wrapped
    return found


def _room(packet: Packet, there: Lanes) -> int:
    """Return how wide the words of a packet can be."""
    if packet.source == packet.target and packet.source in there.hosts:
        return there.loop_words(packet.source)[2]
    return there.beside(packet.source, packet.target)[1]


def _cut(text: str) -> str:
    if len(text) <= _MOST_TEXT:
        return text
    return f"{text[:_MOST_TEXT]}\N{HORIZONTAL ELLIPSIS} ({len(text):,} characters)"


def _groups(picture: Picture) -> Iterator[Row]:
    """Yield all groups, and the transfers and the groups within them, and folded calls."""
    for row in _all_rows(picture.rows):
        if row.kind in {Kind.GROUP, Kind.TRANSFER} or row.inside:
            yield row


def _group(row: Row) -> dict[str, Any]:
    """Return what it stands for: the packets from one number to another, and rows of calls.

    A transfer has the rows that it opens into as well: packets by their numbers, groups, calls.
    """
    first, last = (row.packets[0].number, row.packets[-1].number) if row.packets else (0, -1)
    calls = [one for part in (row, *row.parts) for one in part.inside]
    found: dict[str, Any] = {"packets": [first, last], "calls": [_call_row(one) for one in calls]}
    if row.kind is Kind.TRANSFER:
        found["rows"] = [_part(one) for one in row.parts]
    return found


def _part(row: Row) -> Any:
    if row.kind is Kind.PACKET:
        return int(row.key[1:])
    if row.kind is not Kind.GROUP:
        return _call_row(row)
    text = row.text
    assert text
    return {
        "id": row.key,
        "kind": row.kind,
        "t": row.time_us,
        "until": row.until_us,
        "h": row.height,
        "hosts": row.hosts,
        "text": [text.x, text.y, text.parts],
        "box": [row.arrow.x1, row.arrow.x2] if row.arrow else None,
        "said": row.spoken,
    }


def _call_row(row: Row) -> dict[str, Any]:
    found = {
        "id": row.key,
        "kind": row.kind,
        "t": row.time_us,
        "host": row.hosts[0],
        "c": row.connection,
        "parts": row.text.parts if row.text else (),
        "whole": row.whole,
    }
    if row.bar:  # of a traced call
        found |= {"bar": row.bar, "caller": row.caller}
    return found


def _traced(run: Run, picture: Picture) -> list[Traced]:
    """Return the traced calls and the folds that the page has one by one."""
    there = {row.key.removesuffix("e") for row in _all_rows(picture.rows)}
    return [one for one in every(run.traced) if one.key in there]


def _all_rows(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _all_rows((*row.inside, *row.parts))


def _links(run: Run, traced: Iterable[Traced]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the packets of each call."""
    yield from ((f"c{call.number}", call.packets) for call in run.calls)
    yield from ((one.key, one.packets) for one in traced)


def _details(run: Run, traced: Iterable[Traced]) -> Iterable[tuple[str, Detail]]:
    names = names_by_address(run.addresses)
    yield from ((one.key, traced_detail(one, run, names)) for one in traced)
    connections = [one.label for one in run.connections]
    yield from ((f"c{one.number}", _call(one, run, connections)) for one in run.calls)
    yield from ((f"g{one.number}", _program(one, run)) for one in run.programs)
    yield from ((f"f{one.number}", _fault(one, run)) for one in run.faults)
    yield from ((f"l{one.number}", _log(one, run)) for one in run.logs)
    yield from ((f"o{one.number}", _printed(one, run)) for one in run.printed)
    yield from ((f"n{one.number}", _note(one, run)) for one in run.notes)


def _at(time_ns: int, run: Run) -> str:
    return f"{clock(time_ns - run.began_ns)} s"


def _call(call: Call, run: Run, connections: list[str]) -> Detail:
    lasted = call.looked_ns if call.ended_ns is None else call.ended_ns
    given = [(name, _text(value)) for name, value in call.arguments.items() if name != "as"]
    return [
        ("Call", f"{call.host}: {call.name}"),
        ("Result", call.result if call.value is None else _text(call.value)),
        ("Expected", call.expected),
        ("Verdict", call.verdict or ""),
        ("Began", _at(call.began_ns, run)),
        ("Lasted", duration(lasted - call.began_ns) + ("" if call.ended_ns else " and went on")),
        *given,
        ("raised", str(call.raised or "")),
        ("Connection", "" if call.connection is None else connections[call.connection]),
        ("Packets", str(len(call.packets)) if call.packets else ""),
    ]


def _program(program: Program, run: Run) -> Detail:
    status = "has not ended" if program.exit_status is None else str(program.exit_status)
    return [
        ("Program", f"{program.host}: {' '.join(program.argv)}"),
        ("Environment", "\n".join(f"{name}={value}" for name, value in program.environment)),
        ("Exit status", status),
        ("Began", _at(program.began_ns, run)),
        ("Output", program.output),
        ("Errors", program.errors),
    ]


def _fault(fault: Fault, run: Run) -> Detail:
    return [
        ("Fault", fault.name),
        ("What", fault.what),
        ("Where", links_words(fault.links) or fault.host),
        ("From", _at(fault.on_ns, run)),
        ("Until", "" if fault.off_ns is None or fault.is_moment else _at(fault.off_ns, run)),
        ("Matched", "" if fault.matched is None else counted(fault.matched, "packet")),
        ("Acted on", "" if fault.acted is None else counted(fault.acted, "packet")),
        ("In force as", fault.said),
    ]


def _log(log: Log, run: Run) -> Detail:
    return [
        ("Syslog line", log.message),
        ("Host", log.host),
        ("Program", log.ident if log.pid is None else f"{log.ident}[{log.pid}]"),
        ("Priority", log.priority),
        ("Time", _at(log.time_ns, run)),
    ]


def _printed(printed: Printed, run: Run) -> Detail:
    return [
        ("Printed", printed.text),
        ("Host", printed.host),
        ("Output", printed.stream),
        ("Time", _at(printed.time_ns, run)),
    ]


def _note(note: Note, run: Run) -> Detail:
    return [("The lab", note.text), ("Host", note.host), ("Time", _at(note.time_ns, run))]


def _text(value: Any) -> str:
    value = plain(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
