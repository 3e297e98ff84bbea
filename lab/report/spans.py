"""What lasts from one row of the picture to another: calls, faults, late packets. Pure."""

from collections.abc import Iterator, Sequence

from lab.report.arrows import arrow
from lab.report.geometry import Lanes
from lab.report.model import Call, Program, Run
from lab.report.shapes import Span
from lab.report.story import HEIGHTS, Entry, Kind

BAR, BAR_FREE = 10, 5
_BESIDE = 7


def spans(run: Run, entries: Sequence[Entry], there: Lanes, keys: Sequence[str]) -> Iterator[Span]:
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
            begin=BAR_FREE if is_whole else 7,
            last=key if is_whole else f"{key}e",
            end=height - BAR_FREE if is_whole else HEIGHTS[Kind.CALL_END] - 7,
            x1=x - BAR // 2,
            x2=x + BAR // 2,
            y1=0,
            y2=0,
        )
