"""Reads captures of the wire: whole blocks out of a stream, and packets with their fates.

The layout is `lab.net.pcapng`'s. It reads what the lab has written, not any pcapng file.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import files, old_comments
from lab.evidence.digests import FileDigest, chained_end, difference
from lab.evidence.events import Event
from lab.net import pcapng, segments
from lab.net.fate import Fate, decode
from lab.net.packet import Packet, parse

_CHUNK_BYTES = 1 << 20
_BOTH = (pcapng.ARRIVED, pcapng.DELIVERED)
_LARGEST_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """A packet as it arrived at a wire or was delivered: `interface` is ARRIVED or DELIVERED.

    `time_ns` is since the epoch. `data` is an IP packet, cut to the bytes that were to be kept of
    its `length`. `packet_id` is the same for all records of one packet. It came by the link from
    the host `source` to `target`, both "" where it is on none. `comment` is for people.
    """

    interface: int
    time_ns: int
    data: bytes
    length: int
    comment: str
    packet_id: int
    source: str
    target: str
    fate: Fate
    segment_bytes: int = 0
    _packet: Packet | None = field(default=None, compare=False, repr=False)

    @property
    def packet(self) -> Packet:
        """The packet, read."""
        return self._packet or parse(self.data, self.length)

    @property
    def packet_ids(self) -> range:
        """The ids of the packets that it stands for."""
        size = self.segment_bytes
        count = segments.count(self.packet, size) if size > 0 else 1
        return range(self.packet_id, self.packet_id + count)

    def segments(self) -> "Iterator[Record]":
        """Yield the packets that it stands for: itself, or the segments of a superpacket."""
        if self.segment_bytes <= 0:
            yield self
            return
        for number, one in enumerate(segments.cut(self.packet, self.segment_bytes)):
            yield Record(
                self.interface,
                self.time_ns + number,
                one.data,
                one.length,
                self.comment,
                self.packet_id + number,
                self.source,
                self.target,
                self.fate,
                _packet=one,
            )


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many packets came to an interface between two times (nanoseconds since the epoch).

    `dropped` of those `received` are missing, because the reader was too slow; `lost` ones never
    got that far, because the wire was. For `slowed_ns` packets had to wait for the reader.
    `comment` names what else is missing.
    """

    interface: int
    starts_ns: int
    ends_ns: int
    received: int
    dropped: int
    lost: int
    comment: str = ""
    slowed_ns: int = 0


class Blocks:
    """Makes whole blocks of bytes as they come. EvidenceError when they can be none."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the types and bytes of the blocks that are whole now."""
        data = self.rest + data
        at, there = 0, len(data)
        unpack = pcapng.BLOCK.unpack_from
        while at + 12 <= there:
            kind, size = unpack(data, at)
            if size < 12 or size % 4 or size > _LARGEST_BLOCK:
                text = f"no capture of the wire: a block of {size} bytes"
                raise EvidenceError(text)
            if at + size > there:
                break
            yield kind, data[at : at + size]
            at += size
        self.rest = data[at:]


def blocks(path: Path, digest: FileDigest | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield a file's blocks; `digest` takes its bytes.

    EvidenceError when it is none of ours, or its last one is cut.
    """
    found = Blocks()
    with files.opened(path) as file:
        first = file.read(8)
        if first[:4] != pcapng.LENGTH.pack(pcapng.SECTION):
            text = f"{path}: no capture of the wire"
            raise EvidenceError(text)
        data = first
        while data:
            if digest:
                digest.update(data)
            try:
                yield from found.feed(data)
            except EvidenceError as error:
                text = f"{path}: {error}"
                raise EvidenceError(text) from None
            data = file.read(_CHUNK_BYTES)
    if found.rest:
        text = f"{path}: cut short: ends within a block"
        raise EvidenceError(text)


def read(
    path: Path, events: Sequence[Event] = (), cut: Collection[int] = _BOTH
) -> Iterator[Record | Statistics]:
    """Yield all packets of a capture, then its statistics, one for each interface.

    Of the interfaces in `cut` superpackets come as their segments.

    EvidenceError, after all that there is, when it has been cut short or is known to be incomplete,
    or is not the one that the `end` of the run's events has the digest of.
    """
    statistics = []
    digest = FileDigest()
    for kind, block in blocks(path, digest):
        if kind == pcapng.PACKET:
            one = record(block)
            if one.interface in cut:
                yield from one.segments()
            else:
                yield one
        elif kind == pcapng.STATISTICS:
            statistics.append(counted(block))
            yield statistics[-1]
    if {one.interface for one in statistics} != {*_BOTH}:
        text = f"{path}: cut short: no statistics at its end"
        raise EvidenceError(text)
    if comment := statistics[-1].comment:
        text = f"{path}: {comment}"
        raise EvidenceError(text)
    end = chained_end(events)
    if end and (why := difference(digest.result(), end.capture)):
        text = f"{path}: {why}"
        raise EvidenceError(text)


def time_ns(block: bytes) -> int:
    """Return the time of a packet's block."""
    high, low = pcapng.TIME.unpack_from(block, 12)
    return int(high << 32 | low)


def record(block: bytes) -> Record:
    """Read a packet's block."""
    _, _, interface, high, low, kept, length = pcapng.PACKET_HEADER.unpack_from(block)
    begin = pcapng.PACKET_HEADER.size
    end = begin + kept
    options = _options(block, end + (-kept & 3))
    (id_,) = pcapng.COUNT.unpack(options[pcapng.PACKET_ID])
    comment = options.get(pcapng.COMMENT, b"").decode()
    fate_data = pcapng.custom_data(options.get(pcapng.CUSTOM, b""))
    fate = old_comments.read(comment) if fate_data is None else decode(fate_data)
    return Record(interface, high << 32 | low, block[begin:end], length, comment, id_, *fate)


def counted(block: bytes) -> Statistics:
    """Read a statistics block."""
    _, _, interface, _, _ = pcapng.STATISTICS_HEADER.unpack_from(block)
    options = _options(block, pcapng.STATISTICS_HEADER.size)
    starts, ends = (pcapng.TIME.unpack(options[code]) for code in (pcapng.STARTS, pcapng.ENDS))
    received, dropped, lost = (
        pcapng.COUNT.unpack(options[code])[0]
        for code in (pcapng.RECEIVED, pcapng.DROPPED, pcapng.LOST)
    )
    comment = options.get(pcapng.COMMENT, b"").decode()
    slowed = pcapng.custom_data(options.get(pcapng.CUSTOM, b"")) or b"{}"
    slowed_ns = int(json.loads(slowed).get(pcapng.SLOWED.decode(), 0))
    times = starts[0] << 32 | starts[1], ends[0] << 32 | ends[1]
    return Statistics(interface, *times, received, dropped, lost, comment, slowed_ns)


def _options(block: bytes, at: int) -> dict[int, bytes]:
    found = {}
    end = len(block) - 4
    while at + 4 <= end:
        code, length = pcapng.OPTION.unpack_from(block, at)
        if not code:
            break
        found[code] = block[at + 4 : at + 4 + length]
        at += 4 + length + (-length & 3)
    return found
