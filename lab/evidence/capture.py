"""The packets of a run's capture, as they arrived at the wires of its hosts."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lab.agent.wire import pcapng
from lab.agent.wire.packet import Packet, parse
from lab.evidence.pcapng import Record, read


class Seen(NamedTuple):
    """A packet that arrived at a wire: its link (`client -> server`) and what became of it."""

    link: str
    packet: Packet
    fate: str
    time_ns: int


def packets(path: Path) -> Iterator[Seen]:
    """Yield them in the order of their arrival. EvidenceError when the capture is not whole."""
    for record in read(path):
        if isinstance(record, Record) and record.interface == pcapng.ARRIVED:
            link, _, fate = record.comment.partition(": ")
            yield Seen(link, parse(record.data), fate, record.time_ns)
