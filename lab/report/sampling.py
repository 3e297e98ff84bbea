"""Which packets a page has one by one: all, or of a great many those that tell most. Pure.

A page must open in a browser, however many packets there were: the curve and the numbers are of all
of them, and the capture has each.
"""

from collections.abc import Sequence

from lab.net.fate import DELIVERED, LATE
from lab.report.model import Packet

MOST = 20_000
_FLAGS = 0x07  # FIN, SYN, RST
_PLAIN = (DELIVERED,)


def sampled(packets: Sequence[Packet]) -> frozenset[int]:
    """Return their numbers.

    Of more than MOST these are the first that something happened to, up to a half; and of the rest
    those at the begin, and fewer at the end.
    """
    if len(packets) <= MOST:
        return frozenset(one.number for one in packets)
    telling: list[int] = []
    others: list[int] = []
    for one in packets:
        (telling if _tells(one) else others).append(one.number)
    del telling[MOST // 2 :]
    room = MOST - len(telling)
    return frozenset(telling).union(others[: room * 3 // 4], others[-(room // 4) :])


def _tells(packet: Packet) -> bool:
    """Tell whether more than lateness happened: of a slow link all packets are late."""
    if packet.marks or packet.flags & _FLAGS:
        return True
    return packet.fates != _PLAIN and not {*packet.fates} <= {DELIVERED, LATE}
