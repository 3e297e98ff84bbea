"""The tracer of a host: it traces programs there, and makes faults of their calls.

`lab.agent.tracing.server` is its other end.
"""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from lab.api.trace import OnTraced, Trace
from lab.errors import EngineError, UsageError

_ANSWERS_WITHIN_S = 30.0
_LETS_GO_WITHIN_S = 5.0


class TracerClient:
    """A connection to a tracer: a process on a host, begun when it is first needed.

    `connect` begins it and returns a socket whose other end it reads. It ends with this program, at
    the latest, and with its host, and what it traces from the begin ends with it; the next trace
    begins another. Threads may share it.
    """

    def __init__(self, host: str, connect: Callable[[], socket.socket]) -> None:
        self.host = host
        self._connect = connect
        self._lock = threading.Lock()
        self._connection: _Connection | None = None

    def trace(self, pid: int, on_event: OnTraced) -> Trace:
        """Trace a process of the host that stops itself (SIGSTOP), and let it go on.

        EngineError when it cannot be traced.
        """
        trace = Trace(self.host, on_event)
        connection = self._begun()
        connection.traces[pid] = trace
        try:
            connection.ask("trace", pid=pid)
        except EngineError:
            connection.traces.pop(pid, None)
            raise
        return trace

    def pids(self) -> list[int]:
        """Return the host's programs that run now, and that nobody traces."""
        found: list[int] = self.ask("programs")["pids"]
        return found

    def attach(self, pid: int, trace: Trace) -> "Attached":
        """Trace a process of the host that runs already, and what it starts from now on.

        EngineError when it cannot be traced.
        """
        connection = self._begun()
        if pid in connection.traces and not connection.traces[pid].has_ended:
            raise EngineError(f"{self.host}: process {pid}: traced already, by this program")
        connection.traces[pid] = trace
        try:
            connection.ask("attach", pid=pid)
        except EngineError:
            connection.traces.pop(pid, None)
            raise
        return Attached(connection, pid)

    def begin(self) -> None:
        """Begin the tracer, if there is none; EngineError when the host does not run."""
        self._begun().ask("hello")

    def ask(self, do: str, **parameters: Any) -> dict[str, Any]:
        """Return the tracer's response. UsageError when the request makes no sense; EngineError."""
        return self._begun().ask(do, **parameters)

    def catch_up(self) -> None:
        """Return when all that it has seen before has come here; at once where it has ended."""
        connection = self._connection
        if connection and not connection.has_ended:
            with suppress(EngineError):  # it has ended meanwhile
                connection.ask("hello")

    def close(self) -> None:
        """End the tracer, and what it still traces."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _begun(self) -> "_Connection":
        with self._lock:
            if self._connection is None or self._connection.has_ended:
                self._connection = _Connection(self.host, self._connect())
            return self._connection


class Attached:
    """A process that was attached to."""

    def __init__(self, connection: "_Connection", pid: int) -> None:
        self._connection = connection
        self._pid = pid

    def release(self) -> int:
        """Let go of it, and of what it has started; return when that was done.

        Its last calls are there then. EngineError when it does not stop for that, as while its host
        is paused, or when its tracer has ended.
        """
        at_ns: int = self._connection.ask("release", _LETS_GO_WITHIN_S, pid=self._pid)["at_ns"]
        self._connection.traces.pop(self._pid, None)
        return at_ns


class _Connection:
    """A connection to one tracer process."""

    def __init__(self, host: str, connected: socket.socket) -> None:
        self._host = host
        self._socket = connected
        self._condition = threading.Condition()
        self._responses: dict[int, Mapping[str, Any]] = {}
        self._last = 0
        self._why = ""
        self._closing = False
        self.traces: dict[int, Trace] = {}
        self.has_ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def ask(
        self, do: str, within_s: float = _ANSWERS_WITHIN_S, **parameters: Any
    ) -> dict[str, Any]:
        with self._condition:
            self._last += 1
            number = self._last
            request = json.dumps({"id": number, "do": do, **parameters}).encode() + b"\n"
            with suppress(OSError):  # then there is an end to read, too
                self._socket.sendall(request)
            self._condition.wait_for(lambda: number in self._responses or self.has_ended, within_s)
            response = self._responses.pop(number, {})
        if "done" in response:
            done: dict[str, Any] = response["done"]
            return done
        if "invalid" in response:
            raise UsageError(str(response["invalid"]))
        if "failed" in response:
            why = str(response["failed"])
        elif self.has_ended:
            why = self._why or "it has ended; does the host run?"
        else:
            why = f"it has not answered for {within_s:g} s"
        raise EngineError(f"{self._host}: its tracer: {why}")

    def close(self) -> None:
        self._closing = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._thread.join(_ANSWERS_WITHIN_S)

    def _read(self) -> None:
        try:
            with self._socket, self._socket.makefile("rb") as lines, suppress(OSError):
                for line in lines:
                    if (message := _parsed(line)) is None:
                        self._why = f"it sent no answer: {line!r:.200}"
                        return
                    self._on_message(message)
        finally:
            with self._condition:
                self.has_ended = True
                self._condition.notify_all()
            for trace in list(self.traces.values()):
                trace.on_end(lost=not self._closing)

    def _on_message(self, message: Mapping[str, Any]) -> None:
        if "id" in message:
            with self._condition:
                self._responses[message["id"]] = message
                self._condition.notify_all()
        elif "call" in message:
            self.traces[message["call"]["root"]].on_call(message["call"])
        elif "notice" in message:
            self.traces[message["notice"]["root"]].on_notice(message["notice"])
        elif "attached" in message:
            self.traces[message["attached"]["root"]].on_attached(message["attached"])
        elif message["exited"] in self.traces:
            self.traces[message["exited"]].on_exit()


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return a message; None of what is none, such as words of `docker run`."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
