"""What lasts from one row of the picture to another: calls, faults, late packets. Pure."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from lab.report.columns import key as key_of
from lab.report.columns import widths
from lab.report.geometry import BAR, BESIDE, INNER, Lanes
from lab.report.model import Call, Fault, Program, Run
from lab.report.shapes import Row, Span
from lab.report.traced_call import Traced

BAR_FREE, TRACED_FREE = 5, 4  # above and below a bar in its row
_AROUND = 14  # on each side of a host's lane


def spans(
    run: Run, there: Lanes, rows: Mapping[str, Row], columns: Mapping[str, int]
) -> Iterator[Span]:
    """Yield them; they are not yet placed."""
    if not rows:
        return
    yield from _fields(run, there, rows)
    yield from _shades(run, there, rows)
    yield from _bars(run, there, rows, columns)
    for packet in run.packets:
        row, last = rows.get(f"p{packet.number}"), f"p{packet.number}a"
        if row is None or not row.is_across or row.arrow is None or last not in rows:
            continue
        drawn, kind = row.arrow, " ".join(("flight", *packet.fates))
        begin = drawn.x1 if drawn.turn is None else drawn.turn
        yield Span(kind, row.key, row.key, drawn.y1, last, 6, begin, drawn.x2, 0, 0)


def _until(fault: Fault, rows: Mapping[str, Row]) -> tuple[str, int]:
    """Return the row in which a fault ends, and how far below its top."""
    key, lifted = f"f{fault.number}", f"f{fault.number}e"
    if fault.is_moment:
        return key, rows[key].height
    if lifted in rows:
        return lifted, rows[lifted].height - 4
    return list(rows)[-1], 30


def _shades(run: Run, there: Lanes, rows: Mapping[str, Row]) -> Iterator[Span]:
    """Yield the outline of each fault; the hatching is that of all together."""
    for fault in run.faults:
        key = f"f{fault.number}"
        last, end = _until(fault, rows)
        for x1, x2 in _places(fault, there):
            kind = "shade moment" if fault.is_moment else "shade"
            yield Span(kind, key, key, 2, last, end, x1, x2, 0, 0, f"{fault.name}: {fault.what}")


def _places(fault: Fault, there: Lanes) -> Iterator[tuple[int, int]]:
    pairs = {tuple(sorted(link)) for link in fault.links} or {(fault.host, fault.host)}
    for one, other in sorted(pairs):
        x1, x2 = there.x(one), there.x(other)
        if x1 is None or x2 is None:
            continue
        yield (x1 - _AROUND, x1 + _AROUND) if x1 == x2 else (min(x1, x2), max(x1, x2))


def _fields(run: Run, there: Lanes, rows: Mapping[str, Row]) -> Iterator[Span]:
    """Yield the hatching: where several faults are in force at a time it is no darker.

    Hence in the gaps between lanes that stand beside each other, and once for faults that overlap.
    """
    order = {key: number for number, key in enumerate(rows)}
    places: dict[tuple[int, int], list[Fault]] = {}
    for fault in run.faults:
        for low, high in _places(fault, there):
            gaps = [(a, b) for a, b in pairwise(there.xs) if low <= a and b <= high]
            for gap in gaps or [(low, high)]:
                places.setdefault(gap, []).append(fault)
    for (x1, x2), faults in places.items():
        for first, (last, end) in _together(faults, rows, order):
            yield Span("shade field", first, first, 2, last, end, x1, x2, 0, 0)


def _together(
    faults: list[Fault], rows: Mapping[str, Row], order: Mapping[str, int]
) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield from which row to which one fault at least is in force."""
    began = ""
    until = "", 0
    for fault in sorted(faults, key=lambda one: order[f"f{one.number}"]):
        key, its = f"f{fault.number}", _until(fault, rows)
        if began and order[key] <= order[until[0]]:
            until = max(until, its, key=lambda one: (order[one[0]], one[1]))
            continue
        if began:
            yield began, until
        began, until = key, its
    if began:
        yield began, until


def _bars(
    run: Run, there: Lanes, rows: Mapping[str, Row], columns: Mapping[str, int]
) -> Iterator[Span]:
    wide = widths(run, columns)
    traced_programs = {one.program for one in run.traced}
    things: list[Call | Program | Traced] = [*run.programs, *run.calls, *run.traced]
    for thing in sorted(things, key=lambda one: one.began_ns):
        key = key_of(thing)
        place = bar(thing, there, columns, wide) if key in rows else None
        if place is None:
            continue
        is_whole = f"{key}e" not in rows
        last = rows[key if is_whole else f"{key}e"]
        kind = bar_kind(thing)
        if isinstance(thing, Program) and thing.number in traced_programs:
            kind += " around"  # it is drawn below the calls in it
        free = BAR_FREE if is_whole else 7
        if isinstance(thing, Traced):
            free = TRACED_FREE
        yield Span(
            kind=kind,
            key=key,
            first=key,
            begin=free,
            last=last.key,
            end=last.height - free,
            x1=place[0],
            x2=place[1],
            y1=0,
            y2=0,
        )


def bar(
    thing: Call | Program | Traced,
    there: Lanes,
    columns: Mapping[str, int],
    wide: Mapping[int, int],
) -> tuple[int, int] | None:
    """Return from where to where a bar is wide; None where it has no lane."""
    x, key = there.x(thing.host), key_of(thing)
    if x is None or key not in columns:
        return None
    _, anchor = there.label(thing.host)
    sign = -1 if anchor == "end" else 1
    x += columns[key] * BESIDE * sign
    half = (INNER if isinstance(thing, Traced) and thing.program is not None else BAR) // 2
    more = sign * BESIDE * (wide[thing.number] - 1) if isinstance(thing, Program) else 0
    return x - half + min(0, more), x + half + max(0, more)


def bar_kind(thing: Call | Program | Traced) -> str:
    """Return the classes of a bar."""
    kind = "bar"
    if isinstance(thing, Program):
        kind = "bar program"
    elif isinstance(thing, Traced):
        kind = "bar traced local" if thing.is_local else "bar traced"
        return kind + (" open" if thing.ended_ns is None else " error" * thing.is_failed)
    if thing.ended_ns is None:
        return f"{kind} open"
    return f"{kind} error" if isinstance(thing, Call) and thing.error else kind
