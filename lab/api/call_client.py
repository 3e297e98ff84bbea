"""Makes socket calls on a host: they are begun, and their results are collected."""

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from lab.api.call_result import Result
from lab.api.observer import NO_OBSERVER, Observer
from lab.errors import EngineError

_BEGIN_WITHIN_S = 1.0
_READY_WITHIN_S = 30.0
# What reading raises of what is no answer, such as words of `docker exec`.
_NO_ANSWER = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class PendingCall:
    """A call that was asked for; `host` is the name of the one that it is made on."""

    def __init__(self, host: str, call: str, arguments: Mapping[str, Any]) -> None:
        self.host = host
        self.call = call
        self.arguments = arguments
        self._begun = threading.Event()
        self._ended = threading.Event()
        self._result: Result | None = None
        self._error: EngineError | None = None

    def wait_for_begin(self) -> None:
        """Wait until it has begun; a second at most: of a host that is paused nothing comes."""
        self._begun.wait(_BEGIN_WITHIN_S)
        if self._error:
            raise self._error

    @property
    def has_ended(self) -> bool:
        """Has it a result, or will it never have one?"""
        return self._ended.is_set()

    def result(self, within_s: float | None = None) -> Result | None:
        """Wait for its result; None when it is still pending after so many seconds.

        EngineError when the call server has ended: the host has, or the lab.
        """
        self._ended.wait(within_s)
        if self._error:
            raise self._error
        return self._result

    def on_message(self, message: Mapping[str, Any]) -> bool:
        """Take a message about it from the call server; true when it is the last."""
        self._begun.set()
        if "begun_ns" in message:
            return False
        self._result = Result.of(message)
        self._ended.set()
        return True

    def on_error(self, error: EngineError) -> None:
        """Note that there will be no result."""
        self._error = error
        self._begun.set()
        self._ended.set()


class CallConnection:
    """A connection to a call server: a process on a host, begun when it is first needed.

    `connect` begins it and returns a socket whose other end it reads. It ends with this program,
    at the latest, and with its host; the next call then begins another, which knows no sockets.
    Threads may share it.
    """

    def __init__(self, host: str, connect: Callable[[], socket.socket]) -> None:
        self.host = host
        self._connect = connect
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._end = threading.Event()
        self._pending: dict[int, PendingCall] = {}
        self._why = ""  # the error that the last one sent before its end
        self._closing = False
        # Has one ended that was not closed here?
        self.was_lost = False
        self._numbers = itertools.count(1)

    def begin(self) -> None:
        """Begin the process, if there is none; it gets ready while others are begun."""
        with self._lock:
            if self._socket is None:
                self._socket, self._end = self._connect(), threading.Event()
                read = self._socket, self._end
                threading.Thread(target=self._read, args=read, daemon=True).start()

    def wait_until_ready(self) -> None:
        """Return when the process is there: a call's own time does not have its start in it.

        EngineError when the host does not run.
        """
        # This call makes no sense, and the process says so.
        self.request("fileno", {}).result(_READY_WITHIN_S)

    def request(
        self, call: str, arguments: Mapping[str, Any], *, confirm: bool = False
    ) -> PendingCall:
        """Ask for a call, and wait for nothing; with `confirm` its begin is confirmed.

        The arguments are those of `lab.agent.calls`, as a file has them. EngineError when the host
        does not run.
        """
        self.begin()
        pending = PendingCall(self.host, call, arguments)
        with self._lock:
            number = next(self._numbers)
            self._pending[number] = pending
            request = {"id": number, "call": call, "arguments": arguments, "confirm": confirm}
            if self._socket is None:
                del self._pending[number]
                pending.on_error(self._error())
            else:
                with contextlib.suppress(OSError):  # then there is an end to read, too
                    self._socket.sendall(json.dumps(request).encode() + b"\n")
        return pending

    def is_lost(self, within_s: float) -> bool:
        """Tell whether a process has ended that was not closed here; one that responds has not."""
        with self._lock:
            is_there = self._socket is not None
        if is_there and not self.was_lost:
            with contextlib.suppress(EngineError):
                # This call makes no sense, and the process says so.
                self.request("fileno", {}).result(within_s)
        return self.was_lost

    def close(self, within_s: float = 0) -> None:
        """End the process there; what is pending is given up.

        Its sockets go with it: soon, or before this returns, if that takes less than `within_s`.
        """
        with self._lock:
            connected, ended = self._socket, self._end
            if connected is None:
                return
            self._closing = True
            connected.shutdown(socket.SHUT_WR)
        if not ended.wait(within_s):
            with self._lock, contextlib.suppress(OSError):  # it has just been closed
                connected.shutdown(socket.SHUT_RDWR)

    def _read(self, connected: socket.socket, end: threading.Event) -> None:
        self._why = ""
        with connected, connected.makefile("rb") as lines:
            line = b""
            try:
                for line in lines:
                    self._on_message(json.loads(line))
            except OSError:  # it has ended
                pass
            except _NO_ANSWER:
                self._why = f"{self.host}: what makes socket calls there sent no answer: {line!r}"
            with self._lock:
                self.was_lost |= not self._closing
                self._closing = False
                self._socket = None
                left, self._pending = self._pending, {}
        for pending in left.values():
            pending.on_error(self._error())
        end.set()

    def _on_message(self, message: Mapping[str, Any]) -> None:
        self._why = str(message.get("failed", self._why))
        with self._lock:
            pending = self._pending.get(message.get("id", 0))
        if pending and pending.on_message(message):
            with self._lock:
                del self._pending[message["id"]]

    def _error(self) -> EngineError:
        ended = f"{self.host}: what makes socket calls there has ended; is the host running?"
        return EngineError(self._why or ended)


class CallClient:
    """Makes calls by a connection, which others may use, too; its calls are observed."""

    def __init__(self, connection: CallConnection, observer: Observer = NO_OBSERVER) -> None:
        self.connection = connection
        self._observer = observer

    def begin(self) -> None:
        """Begin the call server, if there is none; it gets ready while others are begun."""
        self.connection.begin()

    def wait_until_ready(self) -> None:
        """Return when the call server is there. EngineError when the host does not run."""
        self.connection.wait_until_ready()

    def start(self, call: str, /, **arguments: Any) -> PendingCall:
        """Begin a call, and return as soon as it has begun there, or the host seems to be paused.

        The arguments are those of `lab.agent.calls`, as a file has them. EngineError when the host
        does not run.
        """
        pending = self._request(call, arguments, confirm=True)
        pending.wait_for_begin()
        return pending

    def collect(self, pending: PendingCall, within_s: float | None = None) -> Result | None:
        """Return what came of a call; None when it is still pending after so many seconds."""
        result = pending.result(within_s)
        if result:
            self._observer.call_returned(pending, result)
        return result

    def call(self, name: str, /, **arguments: Any) -> Result:
        """Make a call, and wait as long as it takes."""
        result = self.collect(self._request(name, arguments))
        assert result
        return result

    def close(self, within_s: float = 0) -> None:
        """End the call server, and with it all that is pending, after so long at the most."""
        self.connection.close(within_s)

    def _request(
        self, call: str, arguments: Mapping[str, Any], *, confirm: bool = False
    ) -> PendingCall:
        pending = self.connection.request(call, arguments, confirm=confirm)
        self._observer.call_started(self, pending)
        return pending
