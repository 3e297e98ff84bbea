"""Reads captures of the wire: whole blocks out of a stream, and packets with their fates.

The layout is `lab.net.pcapng`'s. It reads what the lab has written, not any pcapng file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import files, old_comments
from lab.evidence.digests import FileDigest
from lab.evidence.events import End, Event
from lab.net import pcapng
from lab.net.fate import Fate, decode

_CHUNK_BYTES = 1 << 20
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


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many packets came to an interface between two times (nanoseconds since the epoch).

    `dropped` of those `received` are missing, because the reader was too slow; `lost` ones never
    got that far, because the wire was. `comment` names what else is missing.
    """

    interface: int
    starts_ns: int
    ends_ns: int
    received: int
    dropped: int
    lost: int
    comment: str = ""


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


def read(path: Path, events: Sequence[Event] = ()) -> Iterator[Record | Statistics]:
    """Yield all packets of a capture, then its statistics, one for each interface.

    EvidenceError, after all that there is, when it has been cut short or is known to be incomplete,
    or is not the one that the `end` of the run's events has the digest of.
    """
    statistics = []
    digest = FileDigest()
    for kind, block in blocks(path, digest):
        if kind == pcapng.PACKET:
            yield record(block)
        elif kind == pcapng.STATISTICS:
            statistics.append(counted(block))
            yield statistics[-1]
    if {one.interface for one in statistics} != {pcapng.ARRIVED, pcapng.DELIVERED}:
        text = f"{path}: cut short: no statistics at its end"
        raise EvidenceError(text)
    if comment := statistics[-1].comment:
        text = f"{path}: {comment}"
        raise EvidenceError(text)
    end = next((one for one in reversed(events) if isinstance(one, End)), None)
    if end and end.events is not None and (why := _difference(digest, end)):
        text = f"{path}: {why}"
        raise EvidenceError(text)


def _difference(digest: FileDigest, end: End) -> str:
    there, written = digest.result(), end.capture
    if written is None:
        return "is not of this run: `end` has no digest of a capture"
    if there.size_bytes != written.size_bytes:
        return f"has {there.size_bytes} bytes, where {written.size_bytes} were written"
    return "" if there == written else "is not as it was written: its digest is another"


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
    times = starts[0] << 32 | starts[1], ends[0] << 32 | ends[1]
    return Statistics(interface, *times, received, dropped, lost, comment)


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
