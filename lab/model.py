"""The lab's data: frozen, no I/O, imported by every other room and importing none.

Named tuples load faster than dataclasses, and every command loads these.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

# What a lab may be called.
LAB_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")

# In a link, every other host.
ANY_HOST = "*"


class ComposeFiles(NamedTuple):
    """The compose files of a lab, later ones over earlier ones, and the profiles asked for.

    Their paths are from the first one's folder, as with `docker compose -f A -f B --profile C`.
    """

    paths: tuple[Path, ...]
    profiles: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ",".join(str(path) for path in self.paths)

    def resolved(self) -> str:
        """Return their absolute paths."""
        return ",".join(str(path.resolve()) for path in self.paths)


class HostStatus(NamedTuple):
    """What an engine knows of a host.

    `state` is one of created, running, paused, restarting, exited, dead. `health` is starting,
    healthy or unhealthy, and None where the host has no health check. `addresses` are the IPv4 and
    IPv6 addresses on the lab's networks, empty while the host is disconnected.
    """

    name: str
    state: str
    health: str | None
    addresses: tuple[str, ...]


class LabStatus(NamedTuple):
    """A lab that is there: its name, its engine, the compose file it came from, its hosts."""

    name: str
    engine: str
    topology: str
    hosts: tuple[HostStatus, ...]


class LogLine(NamedTuple):
    """One syslog line (RFC 3164's words); `time` has microseconds and a time zone.

    `lost_bytes` of the lines before it are not kept any more.
    """

    time: datetime
    host: str
    facility: str
    severity: str
    ident: str
    pid: int | None
    message: str
    lost_bytes: int = 0


class OutputLine(NamedTuple):
    """A line that the programs of a host printed; `lost_bytes` before it are not kept any more."""

    host: str
    text: str
    lost_bytes: int = 0


class PrintedLine(NamedTuple):
    """A line that a host's program printed, with its output (stdout or stderr) and its time.

    `time_ns` is in nanoseconds since the epoch. `lost_bytes` before it are not kept any more.
    """

    host: str
    stream: str
    text: str
    time_ns: int
    lost_bytes: int = 0


class Output(NamedTuple):
    """What a program on a host gave: its exit status (128 + n: ended by signal n)."""

    argv: Sequence[str]
    exit_status: int
    stdout: bytes
    stderr: bytes


class Finding(NamedTuple):
    """One thing about this machine: is it there, what was seen, and what to do if it is not."""

    name: str
    ok: bool
    seen: str
    remedy: str = ""
    required: bool = True
    # The engine that needs it, "" for any.
    engine: str = ""
