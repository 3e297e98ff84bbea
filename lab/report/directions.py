"""The packets that went one way of a connection, found by the bytes in them. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

from lab.report.model import Packet


class Direction:
    """Packets in the order in which they were sent."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.packets = packets

    def overlapping(self, begin: int, end: int) -> list[int]:
        """Return the numbers of those that carry some of the bytes from `begin` to before `end`."""
        by_byte = self._by_byte
        at = bisect_left(by_byte, begin - self._longest, key=_first_byte)
        found = []
        while at < len(by_byte) and by_byte[at].first_byte < end:
            if begin < by_byte[at].end_byte:
                found.append(by_byte[at].number)
            at += 1
        return found

    def was_delivered(self, number: int) -> bool:
        """Tell whether the packet of that number came at all."""
        return number in self._delivered

    @cached_property
    def taken(self) -> list[Packet]:
        """Datagrams as their receiver takes them: as they came, and as often."""
        came = [one for one in self.packets if one.delivered_ns is not None]
        every = [one for one in came for _ in range(one.times)]
        return sorted(every, key=lambda one: one.delivered_ns or 0)

    @cached_property
    def _by_byte(self) -> list[Packet]:
        return sorted((one for one in self.packets if one.end_byte), key=_first_byte)

    @cached_property
    def _longest(self) -> int:
        return max((one.end_byte - one.first_byte for one in self._by_byte), default=0)

    @cached_property
    def _delivered(self) -> frozenset[int]:
        return frozenset(one.number for one in self.packets if one.delivered_ns is not None)


def _first_byte(packet: Packet) -> int:
    return packet.first_byte
