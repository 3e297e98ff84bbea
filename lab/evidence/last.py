"""The end of a run, for people: the last packets with their fates, the last syslog lines."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import events, folders
from lab.evidence.capture import Seen, packets

_PACKETS, _LINES = 8, 5


def lines(folder: Path) -> list[str]:
    """Return lines that begin with a time of day; none where there is nothing to read."""
    seen: list[Seen] = []
    with contextlib.suppress(EvidenceError, OSError):  # what could be read is enough
        seen.extend(packets(folder / folders.CAPTURE))
    found = [
        f"{_clock(one.time_ns)} {one.link}: {one.packet.summary()}: {one.fate}"
        for one in seen[-_PACKETS:]
    ]
    logged = [event for event in events.read(folder) if event["kind"] == "syslog"]
    found += [
        f"{_clock(one['time_ns'])} {one['host']} {one['ident']}: {one['message']}"
        for one in logged[-_LINES:]
    ]
    return found


def _clock(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, tz=UTC).strftime("%H:%M:%S.%f")
