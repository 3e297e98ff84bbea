"""What was begun in a scope ends with it: those who use a lab one after the other find it as new.

That is what a test does to the lab of its session: faults on links, captures, hosts that are paused
or disconnected, programs, and sockets. What cannot be undone, such as a host that was killed, makes
the lab dirty: whoever comes later must have another.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from lab.agent import calls
from lab.api.call_client import CallClient, CallConnection, PendingCall
from lab.api.call_fault import CallFault
from lab.api.call_result import Result
from lab.api.capture import Capture
from lab.api.fault import ActiveFault
from lab.api.host import Host
from lab.api.observer import Observer
from lab.api.program import Program
from lab.errors import EngineError, LabError
from lab.net.parameters import ParameterError

_ABORTED_WITHIN_S = 1.0
_ENDS_WITHIN_S = 10.0


class Scope(Observer):
    """Observes what is begun, and ends it with `end`."""

    def __init__(self) -> None:
        self._faults: list[ActiveFault] = []
        self._call_faults: list[CallFault] = []
        self._captures: list[Capture] = []
        self._hosts: dict[str, _HostScope] = {}
        self._ended = False

    @property
    def dirty(self) -> bool:
        """Is there anything that cannot be undone, or could not be?"""
        return any(host.dirty for host in self._hosts.values())

    @property
    def used(self) -> bool:
        """Were there calls or programs on hosts? They have ended with the scope."""
        return any(host.used for host in self._hosts.values())

    def end_faults(self) -> None:
        """Lift the faults that are active; one that cannot be has ended with its host."""
        faults: list[ActiveFault | CallFault] = [*self._faults, *self._call_faults]
        self._faults, self._call_faults = [], []
        for fault in faults:
            with suppress(LabError):
                fault.lift()

    def end_captures(self) -> list[str]:
        """Stop the captures; return the errors of those that are not whole."""
        errors = []
        captures, self._captures = self._captures, []
        for capture in captures:
            try:
                capture.stop()
            except (LabError, OSError) as error:
                errors.append(str(error))
        return errors

    def end(self) -> None:
        """Undo all that was done; `dirty` says whether that failed. Done again, it does nothing."""
        if self._ended:
            return
        self._ended = True
        self.end_faults()
        self.end_captures()
        for host in self._hosts.values():
            host.end()

    # --- as an observer

    def fault_added(self, fault: ActiveFault) -> None:
        """Lift it in the end, also one that is to stay."""
        self._faults.append(fault)

    def fault_lifted(self, fault: ActiveFault, error: LabError | None) -> None:
        """Forget it."""
        del error
        self._faults = [one for one in self._faults if one is not fault]

    def call_fault_added(self, fault: CallFault) -> None:
        """Lift it in the end."""
        self._call_faults.append(fault)

    def capture_begun(self, capture: Capture) -> None:
        """Stop it in the end."""
        self._captures.append(capture)

    def host_changing(self, host: Host, action: str) -> None:
        """Note what cannot be undone, even where it is only half done."""
        if action in {"kill", "restart"}:
            self._of(host.name).dirty = True

    def host_changed(self, host: Host, action: str) -> None:
        """Undo it in the end, if that is possible."""
        self._of(host.name).changed(host, action)

    def program_started(self, program: Program) -> None:
        """End it in the end."""
        self._of(program.host.name).programs.append(program)

    def call_started(self, client: CallClient, pending: PendingCall) -> None:
        """Close what it makes in the end."""
        self._of(pending.host).call_started(client, pending)

    def call_returned(self, pending: PendingCall, result: Result) -> None:
        """Wait for it no more."""
        del result
        self._of(pending.host).call_returned(pending)

    def _of(self, host: str) -> "_HostScope":
        return self._hosts.setdefault(host, _HostScope())


class _HostScope:
    """What was begun on one host."""

    def __init__(self) -> None:
        self.dirty = False
        self.programs: list[Program] = []
        self._undo: dict[str, Callable[[], None]] = {}
        self._sockets: _OpenSockets | None = None

    @property
    def used(self) -> bool:
        return self._sockets is not None or bool(self.programs)

    def changed(self, host: Host, action: str) -> None:
        undo = {"pause": host.engine_host.resume, "disconnect": host.engine_host.connect}
        undone = {"resume": "pause", "connect": "disconnect"}
        if action in undo:
            self._undo[action] = undo[action]
        elif action in undone:
            self._undo.pop(undone[action], None)

    def call_started(self, client: CallClient, pending: PendingCall) -> None:
        if self._sockets is None:
            self._sockets = _OpenSockets(client.connection)
        self._sockets.call_started(pending)

    def call_returned(self, pending: PendingCall) -> None:
        if self._sockets:
            self._sockets.call_returned(pending)

    def end(self) -> None:
        try:
            for action in list(self._undo):
                self._undo.pop(action)()
            if not self.dirty:
                for program in self.programs:
                    program.end()
            if self._sockets:
                self._sockets.abort()
        except LabError:
            self.dirty = True


class _OpenSockets:
    """What calls have made in a call server, which goes on to be there for those who come later."""

    def __init__(self, connection: CallConnection) -> None:
        self._connection = connection
        self._names: dict[str, None] = {}  # in the order of their making
        self._pending: dict[PendingCall, None] = {}
        # Has the process there been changed in a way that others would notice?
        self._dirty = False

    def call_started(self, pending: PendingCall) -> None:
        """Note what it makes."""
        self._pending[pending] = None
        arguments = pending.arguments
        try:
            made = [arguments[key] for key in calls.makes(pending.call) if key in arguments]
            kept = made or [key for key in calls.uses(pending.call) if key in arguments]
        except ParameterError:  # no such call
            made, kept = [], ["nothing"]
        self._names |= dict.fromkeys(made)
        if pending.call == "close":
            self._names.pop(arguments.get("socket", ""), None)
        # Of no socket are the calls of syslog and of limits, whose settings are the process's.
        self._dirty |= not kept or _outlasts_socket(pending.call, arguments)

    def call_returned(self, pending: PendingCall) -> None:
        """Wait for it no more."""
        self._pending.pop(pending, None)

    def abort(self) -> None:
        """Close all, connections with a reset, so that their ports are free again.

        Where that is not enough, end the process there.
        """
        is_waiting = any(not one.has_ended for one in self._pending)
        aborting = [self._connection.request("abort", {"socket": name}) for name in self._names]
        self._names.clear()
        try:
            ended = all(one.result(_ABORTED_WITHIN_S) for one in aborting)
        except EngineError:  # the process has ended, and with it all that it had
            return
        if not ended or self._dirty or is_waiting:
            self._dirty = False
            self._connection.close(_ENDS_WITHIN_S)


def _outlasts_socket(call: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a call leaves more than its socket: a file, or a path (unix(7))."""
    return calls.known(call).makes_file or "AF_UNIX" in arguments.values()
