"""What is seen of a call that a traced program makes: values, no text that somebody must parse."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

FIRST_BYTES = 64  # of the data that a call sends or receives


@dataclass(frozen=True, slots=True)
class SocketState:
    """What a socket is, and what it is connected to, as far as it is known."""

    family: str = ""
    """`AF_INET`, `AF_UNIX`, ...; "" where unknown."""
    type: str = ""
    """`SOCK_STREAM`, ..."""
    protocol: str = ""
    """`tcp`, `udp`, `unix`, ..."""
    local: str = ""
    """getsockname(2): `host:port`, `[host]:port` or a path; "" where there is none."""
    peer: str = ""
    """getpeername(2), likewise; while a connection is being made, what it is made to."""


NO_SOCKET = SocketState()


class TracedCall(NamedTuple):
    """A call of a traced program that has ended, or whose end was not seen (`ended_ns` is None).

    There are very many: a tuple is made in a tenth of the time that a frozen dataclass takes.
    """

    root: int
    """The process that the tracer was attached to: this one, or one that it descends from."""
    pid: int
    """Its process, as the tracer sees it."""
    tid: int
    """Its thread, likewise."""
    own_pid: int
    """Its process, as the program sees it: in the process's own pid namespace."""
    own_tid: int
    """Its thread, likewise."""
    program: str
    """The name of the executable file."""
    call: str
    """The name of the call, as its manual page has it."""
    began_ns: int
    """When it was let go into the kernel, in nanoseconds since the epoch."""
    descriptor: int | None = None
    """The descriptor that it was made on."""
    socket: SocketState = NO_SOCKET
    """The socket that it was made on, after the call."""
    made: SocketState = NO_SOCKET
    """The socket that it made, whose descriptor is the result."""
    arguments: Mapping[str, Any] = MappingProxyType({})
    """Its arguments by the names of its manual page, as JSON has values; flags by name."""
    data: bytes = b""
    """The first bytes that it sent or received."""
    size_bytes: int | None = None
    """How many bytes it sent or received; of one that failed to send, or did not end: was to."""
    result: int | None = None
    """What it returned; None where it failed or has not ended."""
    error: str | None = None
    """The name of the errno that it failed with."""
    ended_ns: int | None = None
    """When it came back; None: the thread ended in it, by a signal or an exec of another, or the
    tracing did."""
    restarts: int = 0
    """How often a signal interrupted it and the kernel began it anew."""
    fault: int | None = None
    """The number of the fault that acted on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the tracer cannot see of a program, or has changed about it."""

    root: int
    """As of a call."""
    subject: str
    """`io_uring`: sockets may be used unseen. `ptrace`: it traces, which a traced one's children
    refuse. `architecture`: its calls are of another one, and unseen. `unfiltered`: no filter of
    calls could be installed, so every call of it is looked at. `no_new_privileges`: they were given
    up for the filter, so set-user-ID programs run without their rights. `error`: the tracer itself
    failed, and a call may be missing."""
    pid: int
    tid: int
    program: str
    at_ns: int
    detail: str = ""
    """The name of an errno, or what the error is."""
