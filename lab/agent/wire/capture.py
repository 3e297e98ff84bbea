"""Shows every packet that came to the wire, and what became of it, as a pcapng stream.

A packet is written when its fate is known, with the time at which it arrived: so what arrived
carries its fate, too, and the records are not quite in the order of their times. All records of a
packet have the same id. It writes for every packet on the wire: hence flat code and few calls.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from weakref import WeakKeyDictionary

from lab.agent.wire.loopback import is_loopback
from lab.agent.wire.superpacket import Superpacket
from lab.agent.wire.transit import Transit
from lab.net import pcapng
from lab.net.fate import DELIVERED, DELIVERED_FATE, DROPPED, HELD, Action, Fate, Record, encode
from lab.net.packet import Packet, parse

_PACKET, _ARRIVED, _DELIVERED = pcapng.PACKET, pcapng.ARRIVED, pcapng.DELIVERED
_FRAME_BYTES = pcapng.PACKET_HEADER.size + pcapng.PACKET_END.size
_LOW = 0xFFFFFFFF
_CLOCK_READINGS = 8


class Capture:
    """Passes whole blocks to `send`, which tells whether it took them.

    `host` is the name of this one; `sources` has the host that packets of a source address come
    from; `first_id` is the first packet's. Packets wait while it `is_behind`. What `send` does not
    take is counted; `lost` counts what the wire could not keep up with, here and at the `end`.
    """

    def __init__(
        self,
        send: Callable[[bytes], bool],
        *,
        is_behind: Callable[[], bool] = lambda: False,
        snap_bytes: int,
        host: str,
        sources: Mapping[bytes, str],
        first_id: int,
        lost: int,
        with_loopback: bool = False,
    ) -> None:
        self.with_loopback = with_loopback
        self._send = send
        self._is_behind = is_behind
        self._behind_since_ns: int | None = None
        self._behind_ns = 0  # for how long in all
        self.snap_bytes = self._snap_bytes = snap_bytes
        self._host = host
        self._sources = sources
        # The options of a packet that nothing befell, after the padding for each length of it.
        self._plain = {address: self._plain_endings(address) for address in sources}
        self._plain_unknown = self._plain_endings(b"")
        self._plain_own = self._endings(self._own(DELIVERED_FATE))
        self._id = first_id - 1
        # The ids of packets that were split, while pieces of them are on their way.
        self._ids_of_split: WeakKeyDictionary[Transit, int] = WeakKeyDictionary()
        self._offset_ns = _epoch_ns()
        self._starts_ns = self._wall_ns()
        self._lost_before = lost
        self._received = [0, 0]
        self._dropped = [0, 0]

    def _plain_endings(self, address: bytes) -> tuple[bytes, ...]:
        return self._endings(self._record_of(address, DELIVERED_FATE))

    def _plain_of_other(self, address: bytes) -> tuple[bytes, ...]:
        return self._plain_own if is_loopback(address) else self._plain_unknown

    def _endings(self, record: Record) -> tuple[bytes, ...]:
        ending = _options(record)
        return tuple(pcapng.padding(length) + ending for length in range(4))

    def _record_of(self, address: bytes, fate: Fate) -> Record:
        if is_loopback(address):
            return self._own(fate)
        source = self._sources.get(address, "")
        return Record(source, self._host if source else "", fate)

    def _own(self, fate: Fate) -> Record:
        return Record(self._host, self._host, fate)

    def _wall_ns(self) -> int:
        return time.monotonic_ns() + self._offset_ns

    @property
    def is_behind(self) -> bool:
        """Must packets wait, for their records to be taken?"""
        is_behind = self._is_behind()
        if is_behind is (self._behind_since_ns is None):
            now_ns = time.monotonic_ns()
            self._behind_ns += 0 if is_behind else now_ns - (self._behind_since_ns or 0)
            self._behind_since_ns = now_ns if is_behind else None
        return is_behind

    def opening(self) -> bytes:
        """Return what the stream begins with."""
        return pcapng.opening(self._snap_bytes)

    def settled(self, transits: Sequence[Transit], turn_ns: int) -> None:
        """Write packets that have just been lost or delivered.

        `turn_ns` (time.monotonic_ns) is when the turn began: who came in it was not held up.
        """
        # A nanosecond apart, as they arrived.
        now_ns = time.monotonic_ns()
        header, end = pcapng.PACKET_HEADER.pack, pcapng.PACKET_END.pack
        plain, others = self._plain.get, self._plain_of_other
        snap_bytes, id_, offset_ns = self._snap_bytes, self._id, self._offset_ns
        arrived: list[bytes] = []
        delivered: list[bytes] = []
        arrivals = deliveries = 0
        for transit in transits:
            packet = transit.packet
            if transit.actions or transit.segments > 1:
                self._id = id_
                is_first, times = self._write_touched(
                    transit, (turn_ns, now_ns), arrived, delivered
                )
                now_ns += transit.segments
                id_ = self._id
                arrivals += is_first * transit.segments
                deliveries += times * transit.segments
                continue
            id_ += 1
            data = packet.data
            length = len(data) if packet.length < len(data) else packet.length
            if len(data) > snap_bytes:
                data = data[:snap_bytes]
            kept = len(data)
            ending = (plain(packet.source) or others(packet.source))[kept & 3]
            size = _FRAME_BYTES + kept + len(ending)
            last = end(pcapng.PACKET_ID, 8, id_, 0, 0, size)
            time_ns = transit.arrived_ns + offset_ns
            high, low = time_ns >> 32, time_ns & _LOW
            arrived += (
                header(_PACKET, size, _ARRIVED, high, low, kept, length),
                data,
                ending,
                last,
            )
            time_ns = now_ns + offset_ns
            high, low = time_ns >> 32, time_ns & _LOW
            delivered += (
                header(_PACKET, size, _DELIVERED, high, low, kept, length),
                data,
                ending,
                last,
            )
            now_ns += 1
            arrivals += 1
            deliveries += 1
        self._id = id_
        self._write(arrived + delivered, arrivals, deliveries)

    def _write_touched(
        self,
        transit: Transit,
        times_ns: tuple[int, int],
        arrived: list[bytes],
        delivered: list[bytes],
    ) -> tuple[bool, int]:
        """Add the records of a superpacket, or of a packet or piece that a fault acted on.

        `times_ns` are when the turn began, and now.
        Return whether its arrival is among them, and how often it was delivered. A packet that was
        split arrives once, with the fate of the first piece that is settled.
        """
        turn_ns, now_ns = times_ns
        late_ns = 0 if transit.arrived_ns >= turn_ns else now_ns - transit.arrived_ns
        id_, is_first = self._id_of(transit)
        fate = fate_of(transit, self._host, DROPPED if transit.lost else DELIVERED, late_ns)
        record = self._record_of(transit.packet.source, fate)
        if isinstance(transit, Superpacket):
            record = record._replace(segment_bytes=transit.segment_bytes)
            self._id += transit.segments - 1  # one for each
        ending = _options(record)
        whole = transit.whole or transit
        if is_first:
            arrived.append(self._block(_ARRIVED, whole.packet, transit.arrived_ns, id_, ending))
        if transit.lost:
            return is_first, 0
        packet = transit.packet if transit.data is None else parse(transit.data)
        times_delivered = 1 + transit.duplicates
        block = self._block(_DELIVERED, packet, now_ns, id_, ending)
        delivered += [block] * times_delivered
        return is_first, times_delivered

    def _id_of(self, transit: Transit) -> tuple[int, bool]:
        """Return a packet's id, and whether that is a new one: pieces share that of the whole."""
        if transit.whole is None:
            self._id += 1
            return self._id, True
        if (known := self._ids_of_split.get(transit.whole)) is not None:
            return known, False
        self._id += 1
        self._ids_of_split[transit.whole] = self._id
        return self._id, True

    def _block(
        self, interface: int, packet: Packet, time_ns: int, id_: int, options: bytes
    ) -> bytes:
        kept, length = packet.data[: self._snap_bytes], max(packet.length, len(packet.data))
        ending = pcapng.padding(len(kept)) + options
        size = _FRAME_BYTES + len(kept) + len(ending)
        time_ = _halves(time_ns + self._offset_ns)
        header = pcapng.PACKET_HEADER.pack(_PACKET, size, interface, *time_, len(kept), length)
        return header + kept + ending + pcapng.PACKET_END.pack(pcapng.PACKET_ID, 8, id_, 0, 0, size)

    def _write(self, blocks: Sequence[bytes], arrived: int, delivered: int) -> None:
        counts = arrived, delivered
        taken = self._send(b"".join(blocks))
        for interface, count in enumerate(counts):
            self._received[interface] += count
            self._dropped[interface] += 0 if taken else count

    def end(self, waiting: Sequence[Transit], lost: int) -> bytes:
        """Write packets that are on the wire still; return the stream's end."""
        for transit in waiting:
            id_, is_first = self._id_of(transit)
            if is_first:
                whole = transit.whole or transit
                record = self._record_of(transit.packet.source, fate_of(transit, self._host, HELD))
                if isinstance(transit, Superpacket):
                    record = record._replace(segment_bytes=transit.segment_bytes)
                    self._id += transit.segments - 1
                times = transit.arrived_ns, id_
                block = self._block(_ARRIVED, whole.packet, *times, _options(record))
                self._write([block], transit.segments, 0)
        ends_ns = self._wall_ns()
        if self._behind_since_ns is not None:
            self._behind_ns += time.monotonic_ns() - self._behind_since_ns
        return b"".join(
            pcapng.statistics(
                interface,
                starts_ns=self._starts_ns,
                ends_ns=ends_ns,
                received=self._received[interface],
                dropped=self._dropped[interface],
                lost=lost - self._lost_before if interface == _ARRIVED else 0,
                slowed_ns=self._behind_ns if interface == _ARRIVED else 0,
            )
            for interface in (_ARRIVED, _DELIVERED)
        )


def fate_of(transit: Transit, host: str, kind: str, late_ns: int = 0) -> Fate:
    """Return what became of a packet on the wire of a host; `kind` is one of `fate.KINDS`."""
    actions = tuple(
        Action(f"{host}/{fault.number}", fault.name, fault.settings, *effect)
        for fault, effect in transit.actions
    )
    answers = tuple(parse(data).summary() for data in transit.replies)
    if kind != DELIVERED:
        return Fate(kind, actions=actions, answers=answers)
    is_changed = transit.data is not None
    return Fate(kind, late_ns, transit.duplicates, is_changed, actions, answers)


def _options(record: Record) -> bytes:
    """Return a packet's fate as options: for people, and as data."""
    return pcapng.comment(record.comment) + pcapng.custom(encode(record))


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
