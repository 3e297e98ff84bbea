"""Rows that are put together: the two of a short call, and a great many packets and calls. Pure."""

from collections.abc import Callable, Container, Iterable, Iterator

from lab.evidence.verdict import Verdict
from lab.net.fate import DELIVERED, LATE
from lab.report import timeline
from lab.report.entries import Entry, Kind, Thing
from lab.report.model import Call, Packet, Program
from lab.report.traced_call import FoldedCalls, Traced, TracedCall

_FLAGS_OF_NOTE = 0x07  # FIN, SYN, RST


def grouped(
    entries: list[Entry],
    here: Container[int],
    most_rows: int,
    *,
    few_traced: bool,
    many_late: bool,
) -> list[Entry]:
    """Return rows of which groups stand for others; `here` are the traced calls of the page.

    First only packets are put together; where rows are still too many or traced calls are, calls
    that just returned; at last traced calls of any kind.
    """
    notable = _is_rare if many_late else _is_notable
    found = _groups(entries, notable, _is_packet)
    if len(found) > most_rows or not few_traced:
        found = _groups(list(_single(entries, _is_plain)), notable, _is_plain)
    if len(found) > most_rows:
        found = _groups(list(_single(entries, _is_any)), notable, _is_any)
    return [one for group in found for one in _bulk(group, here)]


_WHOLE = {
    Kind.CALL_BEGIN: Kind.CALL,
    Kind.PROGRAM_BEGIN: Kind.PROGRAM,
    Kind.TRACED_BEGIN: Kind.TRACED,
}


def joined(entries: list[Entry]) -> Iterator[Entry]:
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
    assert isinstance(thing, Call | Program | TracedCall | FoldedCalls)
    if isinstance(thing, FoldedCalls) and thing.is_local:
        return True
    return thing.ended_ns is not None and thing.ended_ns - thing.began_ns < timeline.FOLD_NS


def with_members(entry: Entry, here: Container[int]) -> Entry:
    """Return a row of folded calls with those inside that the page has one by one."""
    fold = entry.thing
    if not isinstance(fold, FoldedCalls) or entry.kind is Kind.TRACED_END:
        return entry
    if entry.kind not in {Kind.TRACED, Kind.TRACED_BEGIN}:
        return entry
    there = [one for one in fold.calls if one.number in here]
    inside = tuple(Entry(one.began_ns, Kind.TRACED, one) for one in there)
    return entry._replace(inside=inside, traced=fold.calls)


def _groups(
    entries: list[Entry], notable: Callable[[Entry], bool], is_meant: Callable[[Entry], bool]
) -> list[list[Entry]]:
    return timeline.groups(entries, is_packet=is_meant, is_notable=notable, bulk=timeline.BULK)


def _single(entries: Iterable[Entry], is_meant: Callable[[Entry], bool]) -> Iterator[Entry]:
    """Make one row of a traced call's two, whatever stands between them."""
    for entry in entries:
        if not isinstance(entry.thing, Traced) or not is_meant(entry):
            yield entry
        elif entry.kind is not Kind.TRACED_END:
            yield entry._replace(kind=Kind.TRACED)


def _is_packet(entry: Entry) -> bool:
    return entry.kind in {Kind.PACKET, Kind.ARRIVAL}


_CALLS = frozenset({Kind.CALL, Kind.CALL_BEGIN, Kind.CALL_END})
_TRACED = frozenset({Kind.TRACED, Kind.TRACED_BEGIN, Kind.TRACED_END})


def _is_plain(entry: Entry) -> bool:
    """Tell whether a row can be put with others: a packet, or a call that just returned."""
    call = entry.thing
    if isinstance(call, Traced):
        return not _tells(call)
    if not isinstance(call, Call):
        return _is_packet(entry)
    is_bad = call.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    return call.ended_ns is not None and not (call.error or call.tells or is_bad)


def _is_any(entry: Entry) -> bool:
    return entry.kind in _TRACED or _is_plain(entry)


def _tells(call: Traced) -> bool:
    """Tell whether a traced call failed, waited, did not return, or was a fault's."""
    is_long = call.ended_ns is None or call.ended_ns - call.began_ns >= timeline.FOLD_NS
    return is_long or call.is_failed or bool(call.fault)


def _is_notable(entry: Entry) -> bool:
    thing = entry.thing
    if isinstance(thing, Traced):
        return _tells(thing)
    if not isinstance(thing, Packet):
        return False
    return thing.fates != (DELIVERED,) or bool(thing.marks or thing.flags & _FLAGS_OF_NOTE)


def _is_rare(entry: Entry) -> bool:
    """Tell whether a packet is notable for more than being late."""
    thing = entry.thing
    if isinstance(thing, Traced):
        return thing.is_failed or bool(thing.fault)
    if not isinstance(thing, Packet):
        return False
    is_plain = set(thing.fates) <= {DELIVERED, LATE}
    return not is_plain or bool(thing.marks or thing.flags & _FLAGS_OF_NOTE)


def _bulk(group: list[Entry], here: Container[int]) -> Iterator[Entry]:
    """Yield one row for a great many packets, which opens into groups; else the group's own."""
    if len(group) <= timeline.BULK:
        yield from _group(group, here)
        return
    parts = timeline.parts(group, _is_notable, _is_rare)
    made = (one for part in parts for one in _group(part, here))
    rows = tuple(with_members(one, here) for one in made if one.kind is not Kind.ARRIVAL)
    packets = _packets(group)
    if len(packets) > timeline.BULK // 2:
        yield Entry(group[0].time_ns, Kind.TRANSFER, packets[0], packets, parts=rows)
    else:
        yield from rows


def _packets(group: list[Entry]) -> tuple[Packet, ...]:
    there = (one.thing for one in group if one.kind is Kind.PACKET)
    return tuple(thing for thing in there if isinstance(thing, Packet))


def _group(group: list[Entry], here: Container[int]) -> Iterator[Entry]:
    packets = _packets(group)
    calls = list(joined([one for one in group if one.kind in _CALLS]))
    traced = [one for one in group if one.kind in _TRACED]
    if len(packets) + len(calls) + len(traced) < 2:
        yield from group
        return
    there = [with_members(one, here) for one in traced if _is_here(one.thing, here)]
    inside = sorted([*calls, *there], key=lambda one: one.time_ns)
    every = tuple(
        call for one in traced if isinstance(one.thing, Traced) for call in one.thing.calls
    )
    thing = packets[0] if packets else (*calls, *traced)[0].thing
    yield Entry(group[0].time_ns, Kind.GROUP, thing, packets, tuple(inside), traced=every)


def _is_here(thing: Thing, here: Container[int]) -> bool:
    return isinstance(thing, Traced) and any(one.number in here for one in thing.calls)
