"""Events of socket calls and programs: what was started, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.evidence.events.base import StepEvent, Value, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The exception that a socket call raised on its host."""

    name: str
    """Its errno name (`ECONNRESET`), the name of an EAI error, or else its type."""
    errno: int | None = None
    """The number of the error, where it has one."""
    type: str = ""
    """The type of the Python exception (`ConnectionResetError`)."""
    text: str = ""
    """The message, without the number."""

    def __str__(self) -> str:
        return f"{self.name}: {self.text}".rstrip(": ")


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketAddresses:
    """The addresses of a socket, as far as they were known when a call on it returned."""

    protocol: str = ""
    """`tcp`, `udp`, `unix`, ...; "" where unknown."""
    local: str = ""
    """getsockname(2), as `host:port` or `[host]:port`; "" where there is none."""
    peer: str = ""
    """getpeername(2), likewise."""


@kind("call_started")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(StepEvent):
    """A socket call was started by a step with `later`; its outcome comes in a `call`."""

    name: str
    """The name that the step gives to it."""
    host: str
    """The host that it is made on."""
    call: str
    """The name of the call: `recv`, `connect`, ..."""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """Its arguments, as the step has them."""


@kind("call")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutcome(StepEvent):
    """A socket call has returned or raised, or it had done neither when the lab stopped waiting."""

    name: str | None = None
    """The name of a call that was started with `later`."""
    host: str
    """The host that it was made on."""
    call: str
    """The name of the call: `recv`, `connect`, ..."""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """Its arguments. `socket` names a socket that is open, `as` one that the call makes."""
    began_ns: int | None = None
    """When it began on its host (until it ends: when it was requested), in nanoseconds since the
    epoch; null where only its `call_started` has that."""
    ended_ns: int | None = None
    """When it ended on its host, in nanoseconds since the epoch; null: it had not."""
    result: Value = None
    """What it returned. Bytes are `{"text": ...}` where they are UTF-8, else `{"hex": ...}`; more
    than 64 KiB of them are `{"length": ..., "sha256": ...}`."""
    raised: Raised | None = None
    """What it raised; null: it returned, or has not ended."""
    addresses: SocketAddresses = field(default_factory=SocketAddresses)
    """The addresses of its socket."""
    error: str = ""
    """Why nothing more is known of a call that has not ended, for people; "" where it waits."""
    interrupted: bool = False
    """The run was interrupted while the step waited for it."""

    def __post_init__(self) -> None:
        if self.ended_ns is not None and self.began_ns is None:
            raise ValueError("it has ended, and not begun")

    @property
    def is_pending(self) -> bool:
        """Has it not ended?"""
        return self.ended_ns is None


@kind("program_started")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramStarted(StepEvent):
    """A program was started that goes on while others are; its outcome comes in a `program`."""

    name: str
    """The name that the step gives to it; of a test, the program's own."""
    host: str
    """The host that it runs on."""
    argv: tuple[str, ...]
    """Its command."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The variables that its step adds to the environment."""
    traced: bool = False
    """Its socket calls, and those of what it starts, are events of kind `program_call`."""


@kind("program")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramOutcome(StepEvent):
    """A program has ended, or it had not when the lab stopped waiting."""

    name: str | None = None
    """The name that it was started under, if it went on while others were done."""
    of_step: int | None = None
    """The step that ran it, in a second event at the end of the run: it, or what it has started,
    had more time to print. `step` is null then."""
    host: str
    """The host that it ran on."""
    argv: tuple[str, ...]
    """Its command."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The variables that its step added to the environment."""
    traced: bool = False
    """Its socket calls, and those of what it starts, are events of kind `program_call`."""
    began_ns: int
    """When it was started, in nanoseconds since the epoch."""
    ended_ns: int | None = None
    """When it ended, in nanoseconds since the epoch; null: it had not."""
    exit_status: int | None = None
    """Its exit status (128 + n: killed by signal n); null: it has not ended."""
    output: str = ""
    """What it had written to standard output until `time_ns`, as UTF-8."""
    errors: str = ""
    """What it had written to standard error, likewise."""
    outputs_open: bool = False
    """It has ended, and what it has started may write to its outputs still."""
    input_open: bool = False
    """It has not ended, and its standard input was kept open."""
    killed_after_s: float | None = None
    """After how many seconds it was killed because of its time limit; null: it was not."""
    interrupted: bool = False
    """The run was interrupted while the step waited for it."""

    def __post_init__(self) -> None:
        if (self.ended_ns is None) != (self.exit_status is None):
            raise ValueError("it has an end or an exit status, not both")

    @property
    def is_pending(self) -> bool:
        """Has it not ended?"""
        return self.ended_ns is None

    @property
    def ran_in_step(self) -> int | None:
        """The step that ran it, also in the second event."""
        return self.step if self.of_step is None else self.of_step


@kind("input")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramInput(StepEvent):
    """A program was given more standard input while it ran."""

    name: str
    """The name that the program was started under."""
    host: str
    """The host that it runs on."""
    data: Value = None
    """The bytes, in the form of a `call`'s `result`; null: none, its input was only closed."""
    size_bytes: int
    """How many bytes they are."""
    taken_bytes: int = 0
    """How many of them it took within the time limit."""
    close: bool = False
    """Its standard input was closed after them."""
    refused: bool = False
    """It takes no more: it has closed its standard input, or has ended."""
    exit_status: int | None = None
    """Its exit status, where it refused the input because it had ended."""
    interrupted: bool = False
    """The run was interrupted while the step waited for it."""
