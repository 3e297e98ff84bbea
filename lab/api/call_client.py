"""A host's caller, seen from here: calls are begun, and their results are collected."""

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

from lab.api.call_result import Result
from lab.errors import EngineError

_BEGIN_WITHIN_S = 1.0
_READY_WITHIN_S = 30.0


class Pending:
    """A call that was asked for."""

    def __init__(self, call: str, arguments: dict[str, Any]) -> None:
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

    def result(self, within_s: float | None = None) -> Result | None:
        """Wait for its result; None when it is still pending after so many seconds.

        EngineError when the caller has ended: the host has, or the lab.
        """
        self._ended.wait(within_s)
        if self._error:
            raise self._error
        return self._result

    def heard(self, answer: dict[str, Any]) -> bool:
        """Take an answer; true when it is the last."""
        self._begun.set()
        if "begun_ns" in answer:
            return False
        self._result = Result(
            answer["began_ns"],
            answer["ended_ns"],
            answer.get("gave"),
            answer.get("raised"),
            answer.get("ends", {}),
        )
        self._ended.set()
        return True

    def lost(self, error: EngineError) -> None:
        """Hear that no answer will come."""
        self._error = error
        self._begun.set()
        self._ended.set()


class Caller:
    """Makes calls on one host, by a process there, which is begun when it is first needed.

    `connect` begins it and returns a socket whose other end it reads. It ends with this program,
    at the latest, and with its host; the next call then begins another, which knows no sockets.
    Threads may share it.
    """

    def __init__(self, host: str, connect: Callable[[], socket.socket]) -> None:
        self._host = host
        self._connect = connect
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._end = threading.Event()
        self._pending: dict[int, Pending] = {}
        self._why = ""  # what the last one said before its end
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
        self.ask("fileno", {}, tell=False).result(
            _READY_WITHIN_S
        )  # it makes no sense, which is told

    def start(self, call: str, /, **arguments: Any) -> Pending:
        """Begin a call, and return as soon as it has begun there, or the host seems to be paused.

        The arguments are those of `lab.agent.calls`, as a file has them. EngineError when the host
        does not run.
        """
        pending = self.ask(call, arguments, tell=True)
        pending.wait_for_begin()
        return pending

    def collect(self, pending: Pending, within_s: float | None = None) -> Result | None:
        """Return what came of a call; None when it is still pending after so many seconds."""
        return pending.result(within_s)

    def call(self, name: str, /, **arguments: Any) -> Result:
        """Make a call, and wait as long as it takes."""
        result = self.ask(name, arguments).result()
        assert result
        return result

    def close(self, within_s: float = 0) -> None:
        """End the process there; what is pending is given up.

        Its sockets go with it: soon, or before this returns, if that takes less than `within_s`.
        """
        with self._lock:
            connected, ended = self._socket, self._end
            if connected is None:
                return
            connected.shutdown(socket.SHUT_WR)
        if not ended.wait(within_s):
            with self._lock, contextlib.suppress(OSError):  # it has just been closed
                connected.shutdown(socket.SHUT_RDWR)

    def ask(self, call: str, arguments: dict[str, Any], *, tell: bool = False) -> Pending:
        """Ask for a call, and wait for nothing; `tell`: it is to say when it has begun."""
        self.begin()
        pending = Pending(call, arguments)
        with self._lock:
            number = next(self._numbers)
            self._pending[number] = pending
            question = {"id": number, "call": call, "arguments": arguments, "tell": tell}
            if self._socket is None:
                del self._pending[number]
                pending.lost(self._ended())
            else:
                with contextlib.suppress(OSError):  # then there is an end to read, too
                    self._socket.sendall(json.dumps(question).encode() + b"\n")
        return pending

    def _read(self, connected: socket.socket, end: threading.Event) -> None:
        self._why = ""
        with connected, connected.makefile("rb") as lines:
            with contextlib.suppress(OSError):
                for line in lines:
                    answer = json.loads(line)
                    self._why = answer.get("failed", self._why)
                    self._heard(answer)
            with self._lock:
                self._socket = None
                left, self._pending = self._pending, {}
        for pending in left.values():
            pending.lost(self._ended())
        end.set()

    def _heard(self, answer: dict[str, Any]) -> None:
        with self._lock:
            pending = self._pending.get(answer.get("id", 0))
        if pending and pending.heard(answer):
            with self._lock:
                del self._pending[answer["id"]]

    def _ended(self) -> EngineError:
        ended = f"{self._host}: what makes socket calls there has ended; is the host running?"
        return EngineError(self._why or ended)
