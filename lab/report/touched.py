"""What faults touched: packets and calls that they acted on, and the calls that felt it. Pure."""

from collections.abc import Iterable, Iterator

from lab.net.fate import DELIVERED
from lab.report.columns import key
from lab.report.model import Call, Fault, Packet, Program, Run
from lab.report.traced_call import Traced, every


def is_touched(packet: Packet) -> bool:
    """Tell whether a fault acted on a packet."""
    return bool(packet.faults) or packet.fates != (DELIVERED,)


def touched(run: Run) -> tuple[str, ...]:
    """Return the keys of the calls that a fault acted on or that a touched packet belongs to, and
    of the calls and programs that were under way on a host while it failed."""
    return tuple(_touched(run))


def acted_calls(traced: Iterable[Traced]) -> dict[str, tuple[str, ...]]:
    """Return the keys of those of these calls that a fault acted on, by the fault's key."""
    found: dict[str, list[str]] = {}
    for one in traced:
        number = one.calls[0].fault_number
        if one.fault and number is not None:
            found.setdefault(f"f{number}", []).append(one.key)
    return {fault: tuple(keys) for fault, keys in found.items()}


def _touched(run: Run) -> Iterator[str]:
    packets = {one.number for one in run.packets if is_touched(one)}
    failed = [fault for fault in run.faults if fault.host and not fault.call_id]
    calls: list[Call | Traced] = [*run.calls, *every(run.traced)]
    for call in calls:
        is_acted_on = isinstance(call, Traced) and bool(call.fault)
        has_touched = not packets.isdisjoint(call.packets)
        if is_acted_on or has_touched or any(_felt(call, one) for one in failed):
            yield key(call)
    for program in run.programs:
        if any(_felt(program, one) for one in failed):
            yield key(program)


def _felt(thing: Call | Program | Traced, fault: Fault) -> bool:
    ended_ns = thing.looked_ns if thing.ended_ns is None else thing.ended_ns
    off_ns = fault.on_ns if fault.is_moment else fault.off_ns
    is_begun = off_ns is None or thing.began_ns <= off_ns
    return thing.host == fault.host and is_begun and fault.on_ns <= ended_ns
