"""A narrow link: packets leave one after the other at its rate; before it they wait in a queue."""

from collections import deque
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net.fate import DROPPED, Effect
from lab.net.parameters import Parameter

# How long a superpacket is on the line at most; one that takes longer comes in its segments.
_MOST_S = 0.001
_LEAST_BPS, _MOST_BPS = 8, 1e12


class Impairment(Base):
    """Let through so many bits a second of IP packets; what its queue has no room for is lost.

    The packet that is on the line does not count as waiting.
    """

    STAGE = Stage.RATE
    PARAMETERS = (
        Parameter("rate_bps", float, "bits per second", _LEAST_BPS, _MOST_BPS, required=True),
        Parameter("limit_packets", int, "the most that wait (default 1000)", 0, 1_000_000),
        Parameter("limit_bytes", int, "the most bytes that wait (default: no limit)", 0, 2**40),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        """Take the values."""
        self._rate_bps: float = values["rate_bps"]
        self._limit_bytes: int | None = values["limit_bytes"]
        self._limit_packets: int | None = values["limit_packets"]
        if self._limit_packets is None and self._limit_bytes is None:
            self._limit_packets = 1000
        # The line has been busy since, with so many bits, until. So no rounding adds up.
        self._busy_ns = self._bits = self._free_ns = 0
        # Of those that wait: when each begins on the line, its bytes, and how many packets it is.
        self._queue: deque[tuple[int, int, int]] = deque()
        self._queued_bytes = self._queued_packets = 0

    def is_alike(self, superpacket: Superpacket) -> bool:
        """Where all segments have room, and together are soon over the line."""
        self._forget_sent(superpacket.at_ns)
        bits = superpacket.all_bytes * 8
        if bits / self._rate_bps > _MOST_S:
            return False
        return self._has_room(superpacket.all_bytes, superpacket.segments)

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Queue the packet, or drop it where the queue is full."""
        del draw
        now_ns = transit.at_ns
        self._forget_sent(now_ns)
        length = transit.all_bytes * (1 + transit.duplicates)
        if self._free_ns <= now_ns:
            self._busy_ns, self._bits = now_ns, 0
        elif self._has_room(length, transit.segments):
            self._queue.append((self._free_ns, length, transit.segments))
            self._queued_bytes += length
            self._queued_packets += transit.segments
        else:
            transit.lost = True
            return Effect(DROPPED, "the queue is full")
        self._bits += length * 8
        transit.at_ns = self._free_ns = self._busy_ns + round(self._bits * 10**9 / self._rate_bps)
        return Effect(f"delayed {(transit.at_ns - now_ns) / 1e6:.3f} ms by the rate")

    def _forget_sent(self, now_ns: int) -> None:
        """Forget those that wait no more."""
        while self._queue and self._queue[0][0] <= now_ns:
            _, length, packets = self._queue.popleft()
            self._queued_bytes -= length
            self._queued_packets -= packets

    def _has_room(self, length: int, count: int) -> bool:
        packets, bytes_ = self._limit_packets, self._limit_bytes
        if packets is not None and self._queued_packets + count > packets:
            return False
        return bytes_ is None or self._queued_bytes + length <= bytes_
