"""Shows every packet that came to the wire, and what became of it, as a pcapng stream.

A packet is written when its fate is known, with the time at which it arrived: so what arrived
carries its fate, too, and the records are not quite in the order of their times. Both records of a
packet have the same id. It writes for every packet on the wire: hence flat code and few calls.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from lab.agent.wire import fate
from lab.agent.wire.transit import Transit
from lab.net import pcapng

_PACKET, _ARRIVED, _DELIVERED = pcapng.PACKET, pcapng.ARRIVED, pcapng.DELIVERED
_FRAME_BYTES = pcapng.PACKET_HEADER.size + pcapng.PACKET_END.size
_LOW = 0xFFFFFFFF
_CLOCK_READINGS = 8


class Capture:
    """Gives whole blocks to `send`, which tells whether it took them.

    `host` is the name of this one; `links` has the name of the link (`client -> server`) that
    packets of a source address come by;
    `first_id` is the first packet's. What `send` does not take is counted; `lost` counts what the
    wire could not keep up with, here and at the `end`.
    """

    def __init__(
        self,
        send: Callable[[bytes], bool],
        *,
        snap_bytes: int,
        host: str,
        links: Mapping[bytes, str],
        first_id: int,
        lost: int,
    ) -> None:
        self._send = send
        self._snap_bytes = snap_bytes
        self._host = host
        self._links = {source: f"{link}: " for source, link in links.items()}
        # The comment of a packet that nothing befell, after the padding for each length of it.
        self._plain = {source: _endings(f"{link}delivered") for source, link in self._links.items()}
        self._plain_unknown = _endings("delivered")
        self._id = first_id - 1
        self._offset_ns = _epoch_ns()
        self._starts_ns = self._wall_ns()
        self._lost_before = lost
        self._received = [0, 0]
        self._dropped = [0, 0]

    def _wall_ns(self) -> int:
        return time.monotonic_ns() + self._offset_ns

    def opening(self) -> bytes:
        """Return what the stream begins with."""
        return pcapng.opening(self._snap_bytes)

    def settled(self, passages: Sequence[Transit], turn_ns: int) -> None:
        """Write packets that have just been lost or delivered.

        `turn_ns` (time.monotonic_ns) is when the turn began: who came in it was not held up.
        """
        now = _halves(self._wall_ns())
        header, end = pcapng.PACKET_HEADER.pack, pcapng.PACKET_END.pack
        plain, unknown = self._plain.get, self._plain_unknown
        snap_bytes, id_, offset_ns = self._snap_bytes, self._id, self._offset_ns
        arrived: list[bytes] = []
        delivered: list[bytes] = []
        deliveries = 0
        for passage in passages:
            id_ += 1
            packet = passage.packet
            if passage.notes:
                copies = self._noted(passage, id_, turn_ns, arrived, delivered)
                deliveries += copies
                continue
            data = packet.data
            length = len(data)
            if length > snap_bytes:
                data = data[:snap_bytes]
            kept = len(data)
            ending = plain(packet.source, unknown)[kept & 3]
            size = _FRAME_BYTES + kept + len(ending)
            last = end(pcapng.PACKET_ID, 8, id_, 0, 0, size)
            time_ns = passage.arrived_ns + offset_ns
            high, low = time_ns >> 32, time_ns & _LOW
            arrived += (
                header(_PACKET, size, _ARRIVED, high, low, kept, length),
                data,
                ending,
                last,
            )
            delivered += (header(_PACKET, size, _DELIVERED, *now, kept, length), data, ending, last)
            deliveries += 1
        self._id = id_
        self._write(arrived + delivered, len(passages), deliveries)

    def _noted(
        self,
        passage: Transit,
        id_: int,
        turn_ns: int,
        arrived: list[bytes],
        delivered: list[bytes],
    ) -> int:
        """Add the records of a packet that something befell; return how often it is delivered."""
        now_ns = time.monotonic_ns()
        late_ns = 0 if passage.arrived_ns >= turn_ns else now_ns - passage.arrived_ns
        text = fate.settled(passage, self._host, late_ns)
        data = passage.packet.data
        arrived.append(self._record(_ARRIVED, passage, data, passage.arrived_ns, id_, text))
        if passage.lost:
            return 0
        copies = 1 + passage.copies
        record = self._record(_DELIVERED, passage, passage.data or data, now_ns, id_, text)
        delivered += [record] * copies
        return copies

    def _record(
        self, interface: int, passage: Transit, data: bytes, time_ns: int, id_: int, text: str
    ) -> bytes:
        kept = data[: self._snap_bytes]
        comment = self._links.get(passage.packet.source, "") + text
        ending = pcapng.padding(len(kept)) + pcapng.comment(comment)
        size = _FRAME_BYTES + len(kept) + len(ending)
        time_ = _halves(time_ns + self._offset_ns)
        header = pcapng.PACKET_HEADER.pack(_PACKET, size, interface, *time_, len(kept), len(data))
        return header + kept + ending + pcapng.PACKET_END.pack(pcapng.PACKET_ID, 8, id_, 0, 0, size)

    def _write(self, blocks: Sequence[bytes], arrived: int, delivered: int) -> None:
        counts = arrived, delivered
        taken = self._send(b"".join(blocks))
        for interface, count in enumerate(counts):
            self._received[interface] += count
            self._dropped[interface] += 0 if taken else count

    def end(self, waiting: Sequence[Transit], lost: int) -> bytes:
        """Write packets that are on the wire still; return the stream's end."""
        for passage in waiting:
            self._id += 1
            text = fate.waiting(passage, self._host)
            times = passage.arrived_ns, self._id
            record = self._record(_ARRIVED, passage, passage.packet.data, *times, text)
            self._write([record], 1, 0)
        ends_ns = self._wall_ns()
        return b"".join(
            pcapng.statistics(
                interface,
                starts_ns=self._starts_ns,
                ends_ns=ends_ns,
                received=self._received[interface],
                dropped=self._dropped[interface],
                lost=lost - self._lost_before if interface == _ARRIVED else 0,
            )
            for interface in (_ARRIVED, _DELIVERED)
        )


def _endings(text: str) -> tuple[bytes, ...]:
    """Return the padding and the comment that follow a packet, by its length modulo 4."""
    return tuple(pcapng.padding(length) + pcapng.comment(text) for length in range(4))


def _halves(time_ns: int) -> tuple[int, int]:
    return time_ns >> 32, time_ns & _LOW


def _epoch_ns() -> int:
    """Return what to add to the monotonic clock for the time since the epoch.

    Once for a capture: a clock that is set meanwhile does not tear it. Of several readings it is
    the one that nothing came between.
    """
    readings = []
    for _ in range(_CLOCK_READINGS):
        before_ns = time.monotonic_ns()
        wall_ns = time.time_ns()
        after_ns = time.monotonic_ns()
        readings.append((after_ns - before_ns, wall_ns - (before_ns + after_ns) // 2))
    return min(readings)[1]
