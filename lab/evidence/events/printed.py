"""Events of what hosts print: syslog lines, and the outputs of their own programs."""

from dataclasses import dataclass

from lab.evidence.events.base import Event, kind
from lab.model import LogLine


@kind("syslog")
@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogLine(Event):
    """A syslog line. `time_ns` is the time that it was sent with, in whole microseconds."""

    host: str
    """The host that sent it."""
    facility: str = ""
    """Its facility, by its name (RFC 5424, 6.2.1): `daemon`."""
    severity: str = ""
    """Its severity, by its name: `warning`."""
    ident: str = ""
    """The program that sent it (RFC 3164: TAG)."""
    pid: int | None = None
    """The process id that it has."""
    message: str
    """Its text."""

    @classmethod
    def of(cls, line: LogLine) -> "SyslogLine":
        """Return the event of a line."""
        return cls(
            time_ns=round(line.time.timestamp() * 1e6) * 1000,
            host=line.host,
            facility=line.facility,
            severity=line.severity,
            ident=line.ident,
            pid=line.pid,
            message=line.message,
        )


@kind("syslog_error")
@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogError(Event):
    """The syslog of this run is not whole."""

    text: str
    """What is missing, for people."""


@kind("output")
@dataclass(frozen=True, slots=True, kw_only=True)
class HostOutput(Event):
    """A line that a host's own program printed. `time_ns` is when its end was printed."""

    host: str
    """The host."""
    stream: str = ""
    """`stdout` or `stderr`."""
    text: str
    """The line, as UTF-8, without its newline."""


@kind("output_cut")
@dataclass(frozen=True, slots=True, kw_only=True)
class OutputCut(Event):
    """Some of what a host printed is missing here: it was too much to keep."""

    host: str
    """The host."""
    missing_lines: int = 0
    """How many lines are missing, where they were counted."""
    missing_bytes: int = 0
    """How many bytes are missing, where the engine has lost them."""


@kind("output_error")
@dataclass(frozen=True, slots=True, kw_only=True)
class OutputError(Event):
    """What a host printed could not be read to its end."""

    host: str
    """The host."""
    text: str
    """The reason, for people."""


@kind("printed")
@dataclass(frozen=True, slots=True, kw_only=True)
class LastOutput(Event):
    """How a host was at the end of a run that failed."""

    host: str
    """The host."""
    state: str
    """Its state: `running`, `exited`, `paused`, ..."""
    output: str = ""
    """The last lines that it had printed, of both streams."""
