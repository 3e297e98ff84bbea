"""The rows of the picture: what happened, in the order of time, one thing a row. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from lab.evidence.verdict import Verdict
from lab.net.fate import DELIVERED, LATE
from lab.report import timeline
from lab.report.model import Call, Fault, Log, Note, Packet, Printed, Program, Run

# Late packets are drawn across the rows until they arrive, unless they are too many for that.
_MOST_ACROSS = 60
_MOST_ROWS = 1200
_FLAGS_OF_NOTE = 0x07  # FIN, SYN, RST


class Kind(StrEnum):
    """What a row shows. A call that other things come between has a row for each of its ends."""

    CALL = "call"
    CALL_BEGIN = "call-begin"
    CALL_END = "call-end"
    PROGRAM_BEGIN = "program-begin"
    PROGRAM_END = "program-end"
    PROGRAM = "program"
    PACKET = "packet"
    ARRIVAL = "arrival"
    GROUP = "group"
    TRANSFER = "transfer"
    FAULT_ON = "fault-on"
    FAULT_OFF = "fault-off"
    LOG = "log"
    PRINTED = "printed"
    NOTE = "note"


HEIGHTS = {
    **{Kind.CALL: 26, Kind.CALL_BEGIN: 26, Kind.CALL_END: 26},
    **{Kind.PROGRAM: 26, Kind.PROGRAM_BEGIN: 26, Kind.PROGRAM_END: 26},
    **{Kind.PACKET: 28, Kind.ARRIVAL: 12, Kind.GROUP: 38, Kind.TRANSFER: 38},
    **{Kind.FAULT_ON: 42, Kind.FAULT_OFF: 26, Kind.LOG: 24, Kind.NOTE: 24},
    Kind.PRINTED: 24,
}

Thing = Call | Program | Packet | Fault | Log | Printed | Note


class Entry(NamedTuple):
    """A row; a group stands for `packets`, and for the rows `inside` where calls are many, too.

    A transfer stands for `packets`, and opens into the rows `parts`.
    """

    time_ns: int
    kind: Kind
    thing: Thing
    packets: tuple[Packet, ...] = ()
    inside: tuple["Entry", ...] = ()
    parts: tuple["Entry", ...] = ()

    @property
    def calls(self) -> int:
        """How many calls a group stands for."""
        return len({one.thing.number for one in self.inside})

    @property
    def until_ns(self) -> int:
        """Until when something happens in the row itself: of a group, its last packet or call."""
        inner = [one.until_ns for one in self.inside]
        return max([self.time_ns, *(one.time_ns for one in self.packets[-1:]), *inner])

    @property
    def key(self) -> str:
        """What the row is called on the page; the two of one call differ."""
        letter = {Call: "c", Program: "g", Packet: "p", Fault: "f", Log: "l", Note: "n"}
        letter[Printed] = "o"
        ending = {Kind.CALL_END: "e", Kind.PROGRAM_END: "e", Kind.FAULT_OFF: "e"}
        ending |= {Kind.ARRIVAL: "a", Kind.GROUP: "s", Kind.TRANSFER: "t"}
        return f"{letter[type(self.thing)]}{self.thing.number}{ending.get(self.kind, '')}"


@dataclass(frozen=True, slots=True)
class _Mark:
    time_ns: int
    order: int
    entry: Entry


# At the same nanosecond: what begins, then packets, then what ends.
_ORDER = {
    **{Kind.FAULT_ON: 0, Kind.NOTE: 1, Kind.CALL_BEGIN: 2, Kind.PROGRAM_BEGIN: 2},
    **{Kind.PACKET: 3, Kind.ARRIVAL: 4, Kind.LOG: 5, Kind.CALL_END: 6, Kind.PROGRAM_END: 6},
    **{Kind.PRINTED: 5, Kind.FAULT_OFF: 7},
}


def tell(run: Run) -> list[Entry]:
    """Return the rows of a run."""
    entries = sorted(_entries(run), key=lambda one: (one.time_ns, _ORDER[one.kind]))
    entries = list(_joined(entries))
    if len(run.packets) < timeline.GROUP_FROM and len(entries) <= _MOST_ROWS:
        return entries
    # Where all are late, as on a slow link, that is not worth a row of its own.
    is_notable = _is_notable if _late(run) <= _MOST_ACROSS else _is_rare
    groups = partial(timeline.groups, entries, is_notable=is_notable, bulk=timeline.BULK)
    grouped = groups(is_packet=_is_packet)
    if len(grouped) > _MOST_ROWS:
        grouped = groups(is_packet=_is_plain)
    entries = [one for group in grouped for one in _bulk(group)]
    # A packet that stands in a group does not arrive beside it.
    alone = {one.thing.number for one in entries if one.kind is Kind.PACKET}
    return [one for one in entries if one.kind is not Kind.ARRIVAL or one.thing.number in alone]


def _late(run: Run) -> int:
    return sum(LATE in packet.fates for packet in run.packets)


def _entries(run: Run) -> Iterator[Entry]:
    for call in run.calls:
        yield Entry(call.began_ns, Kind.CALL_BEGIN, call)
        yield Entry(_end_of(call), Kind.CALL_END, call)
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


def _end_of(what: Call | Program) -> int:
    ended_ns = what.looked_ns if what.ended_ns is None else what.ended_ns
    return max(ended_ns, what.began_ns)


_WHOLE = {Kind.CALL_BEGIN: Kind.CALL, Kind.PROGRAM_BEGIN: Kind.PROGRAM}


def _joined(entries: list[Entry]) -> Iterator[Entry]:
    """Make one row of a call's two where nothing stands between them, and of a late packet's."""
    skip = False
    for entry, following in zip(entries, [*entries[1:], None], strict=False):
        if skip:
            skip = False
            continue
        same = following is not None and following.thing is entry.thing
        if same and entry.kind in _WHOLE and _is_short(entry.thing):
            skip = True
            yield Entry(entry.time_ns, _WHOLE[entry.kind], entry.thing)
        else:
            yield entry


def _is_short(thing: Thing) -> bool:
    """Tell whether a call can stand in one row: one that waited has its length to show."""
    assert isinstance(thing, Call | Program)
    return thing.ended_ns is not None and thing.ended_ns - thing.began_ns < timeline.FOLD_NS


def _is_packet(entry: Entry) -> bool:
    return entry.kind in {Kind.PACKET, Kind.ARRIVAL}


_CALLS = frozenset({Kind.CALL, Kind.CALL_BEGIN, Kind.CALL_END})


def _is_plain(entry: Entry) -> bool:
    """Tell whether a row can be put with others: a packet, or a call that just returned."""
    call = entry.thing
    if not isinstance(call, Call):
        return _is_packet(entry)
    is_bad = call.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    return call.ended_ns is not None and not (call.error or call.tells or is_bad)


def _is_notable(entry: Entry) -> bool:
    thing = entry.thing
    if not isinstance(thing, Packet):
        return False
    return thing.fates != (DELIVERED,) or bool(thing.marks or thing.flags & _FLAGS_OF_NOTE)


def _is_rare(entry: Entry) -> bool:
    """Tell whether a packet is notable for more than being late."""
    thing = entry.thing
    if not isinstance(thing, Packet):
        return False
    is_plain = set(thing.fates) <= {DELIVERED, LATE}
    return not is_plain or bool(thing.marks or thing.flags & _FLAGS_OF_NOTE)


def _bulk(group: list[Entry]) -> Iterator[Entry]:
    """Yield one row for a great many packets, which opens into groups; else the group's own."""
    if len(group) <= timeline.BULK:
        yield from _group(group)
        return
    parts = timeline.parts(group, _is_notable, _is_rare)
    rows = tuple(one for part in parts for one in _group(part) if one.kind is not Kind.ARRIVAL)
    packets = _packets(group)
    if len(packets) > timeline.BULK // 2:
        yield Entry(group[0].time_ns, Kind.TRANSFER, packets[0], packets, parts=rows)
    else:
        yield from rows


def _packets(group: list[Entry]) -> tuple[Packet, ...]:
    there = (one.thing for one in group if one.kind is Kind.PACKET)
    return tuple(thing for thing in there if isinstance(thing, Packet))


def _group(group: list[Entry]) -> Iterator[Entry]:
    packets = _packets(group)
    inside = tuple(_joined([one for one in group if one.kind in _CALLS]))
    if len(packets) + len(inside) < 2:
        yield from group
        return
    thing = packets[0] if packets else inside[0].thing
    yield Entry(group[0].time_ns, Kind.GROUP, thing, packets, inside)
