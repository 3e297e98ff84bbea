"""Events of traced programs: their own socket calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.evidence.events.base import Event, StepEvent, Value, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSocket:
    """A socket of a program, as far as it is known."""

    family: str = ""
    """`AF_INET`, `AF_UNIX`, ...; "" where unknown."""
    type: str = ""
    """`SOCK_STREAM`, ..."""
    protocol: str = ""
    """`tcp`, `udp`, `unix`, ..."""
    local: str = ""
    """getsockname(2), as `host:port` or `[host]:port`, or a path; "" where there is none."""
    peer: str = ""
    """getpeername(2), likewise; of a connection that is being made, what it is made to."""


@kind("program_call")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCall(StepEvent):
    """A traced program's socket call has ended, or its thread has ended within it."""

    name: str | None = None
    """The name that the program was started under, if it went on while others were done."""
    host: str
    """The host that it was made on."""
    program: str
    """The name of the executable file: of the program that was traced, or of one that it ran."""
    pid: int
    """Its process, as the host counts."""
    tid: int
    """Its thread, likewise."""
    call: str
    """The name of the call, as its manual page has it: `connect`, `recvfrom`, ..."""
    descriptor: int | None = None
    """The descriptor that it was made on."""
    socket: ProgramSocket | None = None
    """The socket that it was made on, after the call."""
    made: ProgramSocket | None = None
    """The socket that it made, whose descriptor is the result."""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """Its arguments by the names of its manual page; flags and options by name."""
    data: Value = None
    """The first 64 bytes that it sent or received, in the form of a `call`'s `result`."""
    size_bytes: int | None = None
    """How many bytes it sent or received; of one that failed to send, or did not end: was to."""
    result: int | None = None
    """What it returned; null where it failed, or has not ended."""
    error: str | None = None
    """The name of the errno that it failed with."""
    began_ns: int
    """When the kernel got it, in nanoseconds since the epoch."""
    ended_ns: int | None = None
    """When it came back; null: its thread ended within it."""
    restarts: int = 0
    """How often a signal interrupted it, and the kernel began it anew."""
    fault: str | None = None
    """The id of the fault that acted on it."""
    attached: int | None = None
    """Where its trace began while it ran already (`trace_on`): the process that it, or what has
    started it, was then."""


@kind("trace_notice")
@dataclass(frozen=True, slots=True, kw_only=True)
class TraceNotice(StepEvent):
    """What could not be seen of a traced program, or what tracing has changed about it."""

    name: str | None = None
    """The name that the program was started under, if it went on while others were done."""
    host: str
    """The host that it runs on."""
    program: str
    """The name of the executable file."""
    pid: int
    """Its process, as the tracer counts."""
    subject: str
    """`io_uring`: it may use sockets unseen. `ptrace`: it traces others, whose calls are unseen.
    `architecture`: its calls are of another one, and unseen. `unfiltered`: each of its calls is
    looked at, of files, too, so it is slower. `no_new_privileges`: set-user-ID programs that it
    runs have no rights by that. `untraced`: it was to be traced and could not be."""
    detail: str = ""
    """The name of an errno, or the reason, where there is one."""
    attached: int | None = None
    """As of a `program_call`."""


@kind("trace_on")
@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOn(Event):
    """The trace of a program began that ran already: its calls before are not known."""

    host: str
    """The host that it runs on."""
    program: str
    """The name of the executable file."""
    pid: int
    """Its process, as the host counts."""


@kind("trace_off")
@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOff(Event):
    """Such a trace has ended: later calls are not known."""

    host: str
    """The host that it runs on."""
    program: str
    """The name of the executable file, as it was in `trace_on`."""
    pid: int
    """Its process, as the host counts."""
    why: str
    """`released`: it was let go, and goes on. `exited`: it has ended; what it has started may go
    on. `lost`: its tracer has ended, with its host or by others."""


TraceEvent = ProgramCall | TraceNotice | TraceOn | TraceOff
"""What comes of a trace."""
