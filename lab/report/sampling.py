"""Which packets and traced calls a page has one by one: all, or those that tell most. Pure.

A page must open in a browser, however many there were: the curve and the numbers are of all
of them, and the capture has each.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from lab.net.fate import DELIVERED, LATE
from lab.report.model import Packet
from lab.report.timeline import FOLD_NS
from lab.report.traced_call import Traced, TracedCall

MOST, MOST_CALLS = 20_000, 4_000
T = TypeVar("T", Packet, TracedCall)
_FLAGS = 0x07  # FIN, SYN, RST
_PLAIN = (DELIVERED,)


def sampled(packets: Sequence[Packet]) -> frozenset[int]:
    """Return their numbers.

    Of more than MOST these are the first that something happened to, up to a half; and of the rest
    those at the begin, and fewer at the end.
    """
    return _sampled(packets, _tells, MOST)


def sampled_calls(traced: Sequence[Traced]) -> frozenset[int]:
    """Return the numbers of traced calls, likewise: those that failed or waited tell most."""
    calls = [call for one in traced for call in one.calls]
    return _sampled(calls, _call_tells, MOST_CALLS)


def _sampled(things: Sequence[T], tells: Callable[[T], bool], most: int) -> frozenset[int]:
    if len(things) <= most:
        return frozenset(one.number for one in things)
    telling: list[int] = []
    others: list[int] = []
    for one in things:
        (telling if tells(one) else others).append(one.number)
    del telling[most // 2 :]
    room = most - len(telling)
    return frozenset(telling).union(others[: room * 3 // 4], others[-(room // 4) :])


def _tells(packet: Packet) -> bool:
    """Tell whether more than lateness happened: of a slow link all packets are late."""
    if packet.marks or packet.flags & _FLAGS:
        return True
    return packet.fates != _PLAIN and not {*packet.fates} <= {DELIVERED, LATE}


def _call_tells(call: TracedCall) -> bool:
    lasted_ns = (call.ended_ns or call.looked_ns) - call.began_ns
    return call.is_failed or bool(call.fault) or lasted_ns >= FOLD_NS
