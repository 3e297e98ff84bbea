"""The packets of a run's capture, as they arrived at the wires of its hosts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lab.errors import EvidenceError
from lab.evidence import files
from lab.evidence.digests import FileDigest, chained_end
from lab.evidence.events import Event
from lab.evidence.pcapng import Record, read
from lab.net import pcapng
from lab.net.fate import Fate
from lab.net.packet import Packet

_CHUNK_BYTES = 1 << 20


class Seen(NamedTuple):
    """A packet that came to a wire; its link is `client -> server`, or "" where it is on none."""

    link: str
    packet: Packet
    fate: Fate
    time_ns: int


def packets(path: Path, events: Sequence[Event] = ()) -> Iterator[Seen]:
    """Yield them in the order of their arrival. EvidenceError when the capture is not whole.

    With the run's events, also when it is not the capture that they have the digest of.
    """
    try:
        path.stat()
    except OSError as error:
        text = f"{path}: {error.strerror}"
        raise EvidenceError(text) from None
    for record in read(path, events):
        if isinstance(record, Record) and record.interface == pcapng.ARRIVED:
            # What goes to all hosts at once is on no link.
            link = f"{record.source} -> {record.target}" if record.source else ""
            yield Seen(link, record.packet, record.fate, record.time_ns)


def is_altered(path: Path, events: Sequence[Event]) -> bool:
    """Tell whether a capture is another than the run's events have the digest of.

    Then its packets prove nothing, not even that there were too many.
    """
    end = chained_end(events)
    if end is None or end.capture is None:
        return False
    digest = FileDigest()
    try:
        with files.opened(path) as file:
            while data := file.read(_CHUNK_BYTES):
                digest.update(data)
    except (OSError, EvidenceError):
        return True
    return digest.result() != end.capture
