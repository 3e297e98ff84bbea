"""What the page's script is given: packets, groups, and the details of everything. Pure."""

from collections.abc import Container, Iterable, Iterator
from typing import Any

from lab.report import timeline
from lab.report.arrows import BEGIN_Y, END_Y, HELD_AT, LATE_Y, LOOP_Y, LOST_AT, TEXT_Y
from lab.report.details import details
from lab.report.entries import HEIGHTS, Entry, Kind
from lab.report.geometry import BAR, LOOP, RAIL, TIMES_X, Lanes
from lab.report.model import Packet, Run
from lab.report.packet_columns import on_the_page, packet_columns, ranges
from lab.report.picture import BOTTOM, TOP
from lab.report.row_text import Words
from lab.report.shapes import Picture, Row
from lab.report.spans import BAR_FREE, TRACED_FREE
from lab.report.touched import acted_calls, touched
from lab.report.traced_call import Traced, every
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
        "acted": acted_calls(traced),
        "details": {
            key: [(term, _cut(text)) for term, text in detail if text]
            for key, detail in details(run, traced)
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
