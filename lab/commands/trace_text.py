"""What `lab trace` prints: calls, packets and faults as lines for people, and as JSON."""

import dataclasses
import json
import time
from collections.abc import Mapping
from typing import Any

from lab import printable
from lab.api.fault_watch import FaultChange
from lab.evidence import program_call_text
from lab.evidence.events import TraceEvent, TraceNotice, TraceOff, TraceOn
from lab.evidence.pcapng import Record
from lab.evidence.text import time_of_day
from lab.net.fate import DELIVERED
from lab.net.packet import TCP, UDP
from lab.report.flows import Flows

# What stands at the begin of a line, so that packets and faults are told from calls.
SENT, RECEIVED, OWN, FAULT, CALL = ">", "<", "=", "!", " "
_COLOURS = {SENT: "36", RECEIVED: "36", OWN: "36", FAULT: "31"}


def call_line(event: TraceEvent, names: Mapping[str, str], *, ended: bool = False) -> str:
    """Return a call as a line that begins with when it began.

    `ended`: with when it was over, as it began before other lines.
    """
    if isinstance(event, TraceNotice):
        text = f"{event.program}[{event.pid}]  note: {event.subject} {event.detail}".rstrip()
        return printable.line(text)
    if isinstance(event, TraceOn | TraceOff):
        what = "its trace begins" if isinstance(event, TraceOn) else f"its trace ends: {event.why}"
        return printable.line(f"{time_of_day(event.time_ns)} {event.program}[{event.pid}]  {what}")
    took = "" if event.ended_ns is None else f"  {(event.ended_ns - event.began_ns) / 1e9:.6f} s"
    by = "" if event.fault is None else f"  by {event.fault}"
    what = program_call_text.of(event, names)
    at_ns = event.ended_ns if ended and event.ended_ns else event.began_ns
    sign = "... " if ended else ""
    return printable.line(
        f"{time_of_day(at_ns)} {event.program}[{event.tid}]  {sign}{what}{took}{by}"
    )


def call_json(event: TraceEvent) -> str:
    """Return it as an object."""
    fields = dataclasses.asdict(event)
    return json.dumps({"kind": event.KIND, **fields, "time_ns": event.time_ns or time.time_ns()})


class PacketText:
    """Packets and faults of a host, in the order of time: sequence numbers count from the first."""

    def __init__(self, host: str, *, colours: bool) -> None:
        self._host = host
        self._colours = colours
        self._flows = Flows()

    def call(self, line: str) -> str:
        """Return the line of a call among others."""
        return f"{CALL} {line}"

    def note(self, text: str) -> str:
        """Return what has become of the sight of packets."""
        return self._line(FAULT, f"{time_of_day(time.time_ns())} note: {text}")

    def note_json(self, text: str) -> str:
        """Return it as an object."""
        return json.dumps({"kind": "note", "time_ns": time.time_ns(), "text": text})

    def packet(self, seen: Record) -> str:
        """Return a packet as a line that begins with when its fate was known."""
        packet = seen.packet
        ends = [seen.source, seen.target]
        if packet.source_port is not None:
            ends = [
                f"{seen.source}:{packet.source_port}",
                f"{seen.target}:{packet.destination_port}",
            ]
        place = self._flows.place(packet, seen.source, seen.target)
        transport = "TCP " if packet.protocol == TCP else ""
        marks = "".join(f" ({one})" for one in place.marks)
        fate = "" if seen.fate.words == (DELIVERED,) and not seen.fate.actions else seen.fate.text
        what = f"{ends[0]} -> {ends[1]}  {transport}{place.label}{marks}"
        mark = SENT if seen.source == self._host else RECEIVED
        mark = OWN if seen.source == seen.target else mark
        return self._line(
            mark, f"{time_of_day(decided_ns(seen))} {what}" + (f"  {fate}" if fate else "")
        )

    def packet_json(self, seen: Record) -> str:
        """Return it as an object."""
        packet = seen.packet
        ports = (packet.source_port, packet.destination_port)
        protocol = {TCP: "tcp", UDP: "udp"}.get(packet.protocol or 0, str(packet.protocol))
        place = self._flows.place(packet, seen.source, seen.target)
        return json.dumps(
            {
                "kind": "packet",
                "time_ns": seen.time_ns,
                "source": seen.source,
                "target": seen.target,
                "protocol": protocol,
                "source_port": ports[0],
                "destination_port": ports[1],
                "length_bytes": seen.length,
                "label": place.label,
                "marks": place.marks,
                "fate": seen.fate.words,
                "late_ns": seen.fate.late_ns,
                "faults": [one.fault for one in seen.fate.actions],
                "text": seen.fate.text,
            }
        )

    def fault(self, change: FaultChange) -> str:
        """Return what has become of a fault as a line."""
        fault = change.fault
        what = f"fault {fault.id} {change.change}: {fault.source} -> {fault.target}: {fault.text}"
        return self._line(FAULT, f"{time_of_day(change.time_ns)} {what}")

    def fault_json(self, change: FaultChange) -> str:
        """Return it as an object."""
        fields: dict[str, Any] = dataclasses.asdict(change.fault)
        head = {"kind": "fault", "time_ns": change.time_ns, "change": change.change}
        return json.dumps({**head, "id": change.fault.id, **fields})

    def _line(self, mark: str, text: str) -> str:
        line = printable.line(f"{mark} {text}")
        return f"\x1b[{_COLOURS[mark]}m{line}\x1b[0m" if self._colours else line


def decided_ns(seen: Record) -> int:
    """Return when the fate of a packet was known: of a late one, when it was delivered."""
    return seen.time_ns + seen.fate.late_ns
