"""The end of a run, for people: the last packets with their fates, the last syslog lines."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import connections, event_file, folders
from lab.evidence.background_traffic import is_background
from lab.evidence.events import Event, FaultOn, StepEvent, StepsEnded, SyslogLine
from lab.evidence.packets import Seen, packets
from lab.evidence.text import time_of_day

_PACKETS, _LINES = 8, 5


def lines(folder: Path, step: int | None = None) -> list[str]:
    """Return a heading and lines that begin with a time of day, for packets and for log lines.

    With the number of a step they are those before its end, of the connection that its call was
    about, where that is known. Nothing of what is not there.
    """
    seen: list[Seen] = []
    with contextlib.suppress(EvidenceError, OSError):  # what could be read is enough
        seen.extend(packets(folder / folders.CAPTURE))
    there: Sequence[Event] = ()
    with contextlib.suppress(EvidenceError):
        there = event_file.read(folder)
    return [*_packets(seen, there, step), *_log_lines(there)]


def _packets(seen: Sequence[Seen], there: Sequence[Event], step: int | None) -> list[str]:
    what = "the last packets"
    seen = [one for one in seen if one.link and not is_background(one.packet)]
    played = [one for one in there if isinstance(one, StepEvent) and one.step is not None]
    if played and played[-1].step == step:
        # What comes later is the end of the run: connections that are torn down.
        seen = [one for one in seen if one.time_ns <= played[-1].time_ns]
    if ends := connections.of_step(there, step):
        what = "the last packets of this connection"
        seen = [one for one in seen if ends.has(one.packet)]
    added = (event for event in there if isinstance(event, FaultOn))
    named = {link.fault for event in added for link in event.links}
    found = []
    for one in seen[-_PACKETS:]:
        fate = one.fate.without_observers(named).text
        found.append(f"  {time_of_day(one.time_ns)} {one.link}: {one.packet.summary()}: {fate}")
    return [f"{what}:", *found] if found else [f"{what}: none"] if ends else []


def _log_lines(there: Sequence[Event]) -> list[str]:
    played = next((n for n, event in enumerate(there) if isinstance(event, StepsEnded)), None)
    # After the last step come the lines of the lab's own end.
    logged = [event for event in there[:played] if isinstance(event, SyslogLine)][-_LINES:]
    found = [
        f"  {time_of_day(one.time_ns)} {one.host} {one.ident}: {one.message}" for one in logged
    ]
    return ["the last syslog lines:", *found] if found else []
