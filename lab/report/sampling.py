"""Which packets a page has one by one: all, or of a great many those that tell most. Pure.

A page must open in a browser, however many packets there were: the curve and the numbers are of all
of them, and the capture has each.
"""

from collections.abc import Sequence

from lab.net.fate import DELIVERED, LATE
from lab.report.model import Packet

MOST = 20_000
_FLAGS = 0x07  # FIN, SYN, RST


def sampled(packets: Sequence[Packet]) -> frozenset[int]:
    """Return their numbers.

    Of more than MOST these are the first that something happened to, up to a half; and of the rest
    those at the begin, and fewer at the end.
    """
    if len(packets) <= MOST:
        return frozenset(one.number for one in packets)
    telling = [one.number for one in packets if _tells(one)][: MOST // 2]
    others = [one.number for one in packets if not _tells(one)]
    room = MOST - len(telling)
    return frozenset(telling).union(others[: room * 3 // 4], others[-(room // 4) :])


def _tells(packet: Packet) -> bool:
    """Tell whether more than lateness happened: of a slow link all packets are late."""
    is_plain = set(packet.fates) <= {DELIVERED, LATE}
    return not is_plain or bool(packet.marks or packet.flags & _FLAGS)
