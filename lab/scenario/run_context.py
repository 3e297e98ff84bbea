"""What a step can let a lab do while it is played; `lab.runner` is what does it.

A scenario knows no engine and no lab: its verbs say with this how they are played.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from lab.evidence.events import (
    CallFaultOff,
    CallFaultOn,
    CallOutcome,
    CallStarted,
    Event,
    FaultOff,
    FaultOn,
    HostFaultOff,
    HostFaultOn,
    ProgramCall,
    ProgramInput,
    ProgramOutcome,
    ProgramStarted,
    SysctlSet,
)
from lab.model import LogLine

E = TypeVar("E", bound=Event)


class HostControl(Protocol):
    """What can be done to a host."""

    def kill(self, signal: str = "KILL") -> None:
        """Send every process of the host a signal; `signal` is its name without SIG."""

    def pause(self) -> None:
        """Freeze every process of the host."""

    def resume(self) -> None:
        """Let them go on."""

    def restart(self) -> None:
        """End the host and begin it anew."""

    def disconnect(self) -> None:
        """Unplug the host from its networks."""

    def connect(self) -> None:
        """Plug it in again."""


class RunContext(Protocol):
    """A run that goes on. `number` is the number of the step, from 0.

    What is done is recorded as evidence, and returned as the event of it. LabError or OSError when
    it cannot be done.
    """

    def record(self, event: E) -> E:
        """Add an event to the evidence, and return it as it was written."""

    # --- calls and programs

    def call(
        self,
        number: int,
        host: str,
        name: str,
        arguments: Mapping[str, Any],
        *,
        later: str | None,
        limit_s: float,
    ) -> CallStarted | CallOutcome:
        """Make a socket call, and wait so long for its end; with `later` only start it."""

    def run_program(
        self,
        number: int,
        host: str,
        argv: Sequence[str],
        *,
        text: str = "",
        user: str | None = None,
        environment: Mapping[str, str],
        keep_open: bool = False,
        trace: bool = False,
        later: str | None = None,
        limit_s: float,
    ) -> ProgramStarted | ProgramOutcome:
        """Run a program with this input, and wait so long for its end; with `later` only start it.

        With `keep_open` its input does not end; `user` None is the host's ordinary one.
        """

    def send_input(
        self, number: int, name: str, data: bytes, *, close: bool, within_s: float
    ) -> ProgramInput:
        """Give a program that was started with `later` more input, the last with `close`."""

    def collect(self, number: int, name: str, *, limit_s: float) -> CallOutcome | ProgramOutcome:
        """Wait so long for the end of what was started under a name."""

    # --- faults and settings

    def add_fault(
        self,
        number: int,
        name: str,
        impairment: str,
        links: Iterable[tuple[str, str]],
        parameters: Mapping[str, Any],
        for_s: float | None,
    ) -> FaultOn:
        """Put a fault in force on links, until it is lifted, or for so long."""

    def fail_host(
        self,
        number: int,
        name: str,
        host: str,
        fault: str,
        act: Callable[[HostControl], None],
        *,
        undo: Callable[[HostControl], None] | None = None,
        ends_host: bool = False,
        ends_agent: bool = False,
    ) -> HostFaultOn:
        """Do something to a host; `undo` is what lifts it, under this name.

        `ends_agent`: the lab's own process on the host may end with it, without a last word.
        """

    def add_call_fault(
        self, number: int, name: str, host: str, asked: Mapping[str, Any]
    ) -> CallFaultOn:
        """Put a fault of calls in force, until it is lifted."""

    def lift(self, number: int, name: str) -> FaultOff | CallFaultOff | HostFaultOff:
        """End a fault."""

    def set_sysctls(self, number: int, host: str, values: Mapping[str, str]) -> SysctlSet:
        """Set what the kernel does for a host."""

    # --- what can be waited for; each returns how many there are

    def wait_for_syslog(
        self, is_meant: Callable[[LogLine], bool], least: int, within_s: float
    ) -> int:
        """Wait for so many lines of the syslog, from the beginning of the run."""

    def count_lines(self, pattern: str, hosts: Iterable[str], *, expected: int | None) -> None:
        """Begin, before the first step, to count the lines of hosts that fit a pattern.

        At the end of the run so many are waited for as are `expected`, for a moment.
        """

    def wait_for_lines(
        self, pattern: str, hosts: Iterable[str], least: int, within_s: float
    ) -> int:
        """Wait for so many lines of hosts that fit a pattern which `count_lines` counts."""

    def wait_for_calls(
        self, take: Callable[[ProgramCall], int], least: int, within_s: float
    ) -> int:
        """Wait until `take`, which gets each call of traced programs, has counted so many.

        They are from the beginning of the run.
        """

    def wait_for_listeners(self, host: str, port: int | None, least: int, within_s: float) -> int:
        """Wait for so many sockets of the host that others can reach, on this port or on any."""

    def addresses(self) -> Mapping[str, tuple[str, ...]]:
        """Return the addresses of the hosts, by their names."""

    def wait_for_output(self, name: str, pattern: str, least: int, within_s: float) -> int:
        """Wait for so many matches in the output of a program that was started with `later`."""

    def count_packets(
        self, number: int, source: str, target: str, match: Mapping[str, Any]
    ) -> None:
        """Begin, before the first step, to count the packets that the step will wait for."""

    def wait_for_packets(self, number: int, least: int, within_s: float) -> int:
        """Wait for so many of the packets that `count_packets` counts for the step."""
