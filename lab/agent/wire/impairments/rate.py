"""A narrow link: packets leave one after the other at its rate; before it they wait in a queue."""

from collections import deque
from typing import Any

from lab.agent.wire.impairments import Base, Stage
from lab.agent.wire.rng import Draw
from lab.agent.wire.transit import Transit
from lab.net.fate import DROPPED, Effect
from lab.net.parameters import Parameter

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
        # Of those that wait: when each begins on the line, and its bytes.
        self._queue: deque[tuple[int, int]] = deque()
        self._queued_bytes = 0

    def act(self, transit: Transit, draw: Draw) -> Effect:
        """Queue the packet, or drop it where the queue is full."""
        del draw
        now_ns = transit.at_ns
        while self._queue and self._queue[0][0] <= now_ns:
            self._queued_bytes -= self._queue.popleft()[1]
        length = transit.packet.length * (1 + transit.duplicates)
        if self._free_ns <= now_ns:
            self._busy_ns, self._bits = now_ns, 0
        elif self._has_room(length):
            self._queue.append((self._free_ns, length))
            self._queued_bytes += length
        else:
            transit.lost = True
            return Effect(DROPPED, "the queue is full")
        self._bits += length * 8
        transit.at_ns = self._free_ns = self._busy_ns + round(self._bits * 10**9 / self._rate_bps)
        return Effect(f"delayed {(transit.at_ns - now_ns) / 1e6:.3f} ms by the rate")

    def _has_room(self, length: int) -> bool:
        packets, bytes_ = self._limit_packets, self._limit_bytes
        if packets is not None and len(self._queue) >= packets:
            return False
        return bytes_ is None or self._queued_bytes + length <= bytes_
