"""The packets of a run's capture: who sent them to whom, and what became of them.

It reads what can be read: of a capture that is cut short or torn, the packets up to there, and a
sentence that says so.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence.background_traffic import is_background
from lab.evidence.events import Event
from lab.evidence.packets import Seen
from lab.evidence.pcapng import Record, read
from lab.net import pcapng
from lab.net.fate import CHANGED, DELIVERED, Fate
from lab.net.packet import Packet as Raw
from lab.report import packet_text
from lab.report.flows import Flows
from lab.report.model import Connection, Packet


@dataclass(slots=True)
class Traffic:
    """What a capture holds. `seen` is as the checks want it; `background` counts what no program
    asked for and the page leaves out."""

    packets: list[Packet] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    background: int = 0
    missing: list[str] = field(default_factory=list)


def read_traffic(path: Path, fault_names: dict[str, str], events: Sequence[Event] = ()) -> Traffic:
    """Read a capture; `fault_names` has the scenario's names of the faults by their ids.

    It misses what the digest in the run's events says it does.
    """
    found = Traffic()
    arrived, delivered = _records(path, events, found.missing)
    flows = Flows()
    for record in arrived:
        source, target, fate = record.source, record.target, record.fate
        link = f"{source} -> {target}" if source else ""
        raw = record.packet
        found.seen.append(Seen(link, raw, fate, record.time_ns))
        if not source or is_background(raw):
            found.background += 1
            continue
        place = flows.place(raw, source, target)
        end = delivered.get(record.packet_id)
        fates = fate.words
        fate = fate.without_observers(fault_names)
        found.packets.append(
            Packet(
                number=len(found.packets),
                time_ns=record.time_ns,
                delivered_ns=_at(end, record) if end and fate.kind == DELIVERED else None,
                source=source,
                target=target,
                connection=place.connection,
                label=place.label,
                length=raw.payload_length,
                fates=fates,
                marks=(*place.marks, *_became(raw, end, fates)),
                comment=fate.text,
                ended=fate.ending.what if fate.ending else "",
                faults=_faults(fate, fault_names),
                late_ms=fate.late_ns / 1e6,
                times=1 + fate.duplicates,
                flags=raw.flags,
                is_back=place.is_back,
                first_byte=place.first_byte,
                end_byte=place.first_byte + (raw.payload_length if place.has_bytes else 0),
            )
        )
    found.connections = flows.connections
    return found


def _records(
    path: Path, events: Sequence[Event], missing: list[str]
) -> tuple[list[Record], dict[int, Record]]:
    """Return what arrived, in the order of time, and what was delivered, by the packets' ids: of
    segments that went on as a superpacket, that.
    """
    arrived: list[Record] = []
    delivered: dict[int, Record] = {}
    try:
        for record in read(path, events, cut={pcapng.ARRIVED}):
            if isinstance(record, Record):
                if record.interface == pcapng.ARRIVED:
                    arrived.append(record)
                else:
                    delivered.update(dict.fromkeys(record.packet_ids, record))
    except EvidenceError as error:
        missing.append(f"The capture is not whole: {_without(path, error)}.")
    except OSError as error:
        missing.append(f"There is no capture of the packets: {path.name}: {error.strerror}.")
    except (struct.error, KeyError, IndexError, ValueError):
        missing.append(f"The capture is not whole: {path.name}: a packet cannot be read.")
    return sorted(arrived, key=lambda record: record.time_ns), delivered


def _at(end: Record, record: Record) -> int:
    """Return when a packet was delivered: as `Record.segments` has it, a nanosecond apart."""
    return end.time_ns + record.packet_id - end.packet_id


def _without(path: Path, error: Exception) -> str:
    """Say it without the folder: the page may be read elsewhere."""
    return str(error).replace(f"{path.parent}/", "")


def _faults(fate: Fate, fault_names: dict[str, str]) -> tuple[str, ...]:
    """Return the names of all that acted on a packet, each once."""
    return tuple(dict.fromkeys(fault_names.get(one.fault, one.fault) for one in fate.actions))


def _became(raw: Raw, end: Record | None, fates: tuple[str, ...]) -> tuple[str, ...]:
    """Say what a packet was changed into, where that shows in its flags."""
    if CHANGED not in fates or end is None:
        return ()
    now = end.packet
    if now.flags == raw.flags or not now.flags:
        return ()
    return (f"became {packet_text.tcp_flags(now.flags)}",)
