"""A host's caller, watched: each call is an event, and what it has made is closed in the end."""

import threading
from typing import Any

from lab.agent import calls
from lab.agent.call_server import encoding
from lab.api.base import Host
from lab.api.call_client import Caller, Pending
from lab.api.call_result import Result
from lab.api.run_log import RunLog
from lab.errors import EngineError, LabError
from lab.net.parameters import ParameterError

_ABORTED_WITHIN_S = 1.0
_ENDS_WITHIN_S = 10.0


class RecordedCalls(Caller):
    """Asks another caller, which goes on to be there for those who come later."""

    def __init__(self, host: Host, diary: RunLog) -> None:
        super().__init__(host.name, host.caller)
        self._inner = host.calls
        self._diary = diary
        self._open: dict[str, None] = {}  # in the order of their making
        self._under_way: dict[Pending, dict[str, Any]] = {}
        self._writing = threading.Lock()
        # Has the process there been changed in a way that others would notice?
        self._spent = False

    def begin(self) -> None:
        """Begin the process, if there is none."""
        self._inner.begin()

    def start(self, call: str, /, **arguments: Any) -> Pending:
        """Begin a call; what comes of it is written down at the end, if it has come by then."""
        facts = self._note(call, arguments)
        pending = self._inner.start(call, **arguments)
        self._under_way[pending] = facts
        return pending

    def call(self, name: str, /, **arguments: Any) -> Result:
        """Make a call, and wait as long as it takes."""
        facts = self._note(name, arguments)
        pending = self._inner.ask(name, arguments)
        self._under_way[pending] = facts
        result = pending.result()
        assert result
        self._write(pending, result)
        return result

    def close(self, within_s: float = 0) -> None:
        """End the process there."""
        self._inner.close(within_s)

    def write_rest(self) -> None:
        """Write down the calls whose results nobody has asked for, and those still under way."""
        for pending in list(self._under_way):
            try:
                self._write(pending, pending.result(0))
            except LabError as error:
                self._write(pending, None, text=str(error))

    def settle(self) -> None:
        """End what has been made, connections with a reset, so that their ports are free again.

        Where that is not enough, end the process there.
        """
        aborting = [self._inner.ask("abort", {"socket": name}) for name in self._open]
        self._open.clear()
        try:
            ended = all(one.result(_ABORTED_WITHIN_S) for one in aborting)
        except EngineError:  # the process has ended, and with it all that it had
            return
        if not ended or self._spent or self._under_way:
            self._spent = False
            self._inner.close(_ENDS_WITHIN_S)

    def _note(self, call: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            made = [arguments[key] for key in calls.makes(call) if key in arguments]
            kept = made or [key for key in calls.uses(call) if key in arguments]
        except ParameterError:
            made, kept = [], ["nothing"]
        self._open |= dict.fromkeys(made)
        if call == "close":
            self._open.pop(arguments.get("socket", ""), None)
        # A path stays when its socket is closed; syslog's settings and limits are the process's.
        self._spent |= not kept or call == "makefile" or "AF_UNIX" in arguments.values()
        shown = {key: _shown(value) for key, value in arguments.items()}
        return {"host": self._host, "call": call, "arguments": shown}

    def _write(self, pending: Pending, result: Result | None, **more: Any) -> None:
        with self._writing:
            facts = self._under_way.get(pending)
            if facts is None or "time_ns" in facts:
                return
            if result is None:
                self._diary.write("call", **facts, pending=True, **more)
                return
            del self._under_way[pending]
        raised = {"gave": result.gave} if result.raised is None else {"raised": result.raised}
        self._diary.write(
            "call", **facts, began_ns=result.began_ns, ended_ns=result.ended_ns, **raised
        )


def _shown(value: Any) -> Any:
    """Return data as evidence has it: of much, only its length and hash."""
    if isinstance(value, dict) and set(value) == {"hex"}:
        return encoding.encode(bytes.fromhex(value["hex"]))
    return value
