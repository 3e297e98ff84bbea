"""The rows of the picture: what happened, in the order of time, one thing a row. Pure."""

from collections.abc import Iterator

from lab.net.fate import LATE
from lab.report import timeline
from lab.report.entries import Entry, Kind
from lab.report.model import Call, Program, Run
from lab.report.row_groups import grouped, joined, with_members
from lab.report.sampling import sampled_calls
from lab.report.traced_call import Traced

# Late packets are drawn across the rows until they arrive, unless they are too many for that.
_MOST_ACROSS = 60
_MOST_ROWS, _MOST_TRACED = 1200, 300

# At the same nanosecond: what begins, then packets, then what ends.
_ORDER = {
    **{Kind.FAULT_ON: 0, Kind.NOTE: 1, Kind.CALL_BEGIN: 2, Kind.PROGRAM_BEGIN: 2},
    **{Kind.PACKET: 3, Kind.ARRIVAL: 4, Kind.LOG: 5, Kind.CALL_END: 6, Kind.PROGRAM_END: 6},
    **{Kind.TRACED_BEGIN: 2, Kind.TRACED_END: 6, Kind.PRINTED: 5, Kind.FAULT_OFF: 7},
}


def tell(run: Run) -> list[Entry]:
    """Return the rows of a run."""
    entries = sorted(_entries(run), key=lambda one: (one.time_ns, _ORDER[one.kind]))
    entries = list(joined(entries))
    here = sampled_calls(run.traced)
    few = sum(isinstance(one.thing, Traced) for one in entries) <= _MOST_TRACED
    if len(run.packets) >= timeline.GROUP_FROM or len(entries) > _MOST_ROWS or not few:
        # Where all are late, as on a slow link, that is not worth a row of its own.
        many_late = _late(run) > _MOST_ACROSS
        entries = grouped(entries, here, _MOST_ROWS, few_traced=few, many_late=many_late)
        # A packet that stands in a group does not arrive beside it.
        alone = {one.thing.number for one in entries if one.kind is Kind.PACKET}
        entries = [one for one in entries if _stays(one, alone)]
    return [with_members(one, here) for one in entries]


def _stays(entry: Entry, alone: set[int]) -> bool:
    return entry.kind is not Kind.ARRIVAL or entry.thing.number in alone


def _late(run: Run) -> int:
    return sum(LATE in packet.fates for packet in run.packets)


def _entries(run: Run) -> Iterator[Entry]:
    for call in run.calls:
        yield Entry(call.began_ns, Kind.CALL_BEGIN, call)
        yield Entry(_end_of(call), Kind.CALL_END, call)
    for traced in run.traced:
        yield Entry(traced.began_ns, Kind.TRACED_BEGIN, traced)
        yield Entry(_end_of(traced), Kind.TRACED_END, traced)
    for program in run.programs:
        yield Entry(program.began_ns, Kind.PROGRAM_BEGIN, program)
        yield Entry(_end_of(program), Kind.PROGRAM_END, program)
    few_late = _late(run) <= _MOST_ACROSS
    for packet in run.packets:
        yield Entry(packet.time_ns, Kind.PACKET, packet)
        if few_late and LATE in packet.fates and packet.delivered_ns is not None:
            yield Entry(packet.delivered_ns, Kind.ARRIVAL, packet)
    for fault in run.faults:
        yield Entry(fault.on_ns, Kind.FAULT_ON, fault)
        if fault.off_ns is not None and not fault.is_moment:
            yield Entry(fault.off_ns, Kind.FAULT_OFF, fault)
    yield from (Entry(log.time_ns, Kind.LOG, log) for log in run.logs)
    # What the start of the lab has printed stands below the picture.
    there = (one for one in run.printed if one.time_ns >= run.began_ns)
    yield from (Entry(one.time_ns, Kind.PRINTED, one) for one in there)
    yield from (Entry(note.time_ns, Kind.NOTE, note) for note in run.notes)


def _end_of(what: Call | Traced | Program) -> int:
    ended_ns = what.looked_ns if what.ended_ns is None else what.ended_ns
    return max(ended_ns, what.began_ns)
