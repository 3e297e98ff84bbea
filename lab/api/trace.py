"""The trace of a program: its own socket calls, as they come from its tracer on the host."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from lab.errors import EngineError
from lab.evidence.events import ProgramCall, ProgramSocket, TraceNotice

_BEGINS_WITHIN_S = 30.0
# What reading raises of what is no answer, such as words of `docker run`.
_NO_ANSWER = (ValueError, TypeError, LookupError, AttributeError, RecursionError)

OnTraced = Callable[[ProgramCall | TraceNotice], object]


class Trace:
    """That of one program, and of what it starts. Closing it ends them all.

    `begin` must return before anything else is asked. `on_event` is called by a thread of its own.
    """

    def __init__(
        self,
        host: str,
        channel: socket.socket,
        on_event: OnTraced,
    ) -> None:
        """`channel` is what `EngineHost.begin_tracer` has returned; it is closed with this."""
        self.host = host
        self._channel = channel
        self._on_event = on_event
        self._pid = 0
        self._calls: list[ProgramCall] = []
        self._traced = threading.Event()
        self._exited = threading.Event()
        self._ended = threading.Event()
        self._why = ""
        self._closing = False
        # Has the tracer ended before what it traced? Then calls of it are missing.
        self.was_lost = False

    def begin(self, pid: int) -> None:
        """Trace the process of the host that is stopped, or about to be, and let it go on.

        EngineError when it cannot be traced.
        """
        self._pid = pid
        threading.Thread(target=self._read, daemon=True).start()
        with suppress(OSError):  # then there is an end to read, too
            self._channel.sendall(json.dumps({"trace": pid}).encode() + b"\n")
        if not self._traced.wait(_BEGINS_WITHIN_S):
            self._why = f"the tracer has not begun within {_BEGINS_WITHIN_S:g} s"
        if self._why:
            raise EngineError(f"{self.host}: process {pid} cannot be traced: {self._why}")

    @property
    def calls(self) -> tuple[ProgramCall, ...]:
        """The calls that have ended by now, in the order of their ends."""
        return tuple(self._calls)

    def wait_for_exit(self, within_s: float) -> bool:
        """Wait until all calls of the program are there that has ended; what it started goes on."""
        return self._exited.wait(within_s)

    def close(self) -> None:
        """End the tracer, and what it still traces; its last calls are there after it."""
        self._closing = True
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)
        if self._pid:
            self._ended.wait(_BEGINS_WITHIN_S)
        else:
            self._channel.close()

    def _read(self) -> None:
        whole = False
        with self._channel, self._channel.makefile("rb") as lines:
            line = b""
            try:
                for line in lines:
                    whole = self._on_message(json.loads(line)) or whole
            except OSError:
                pass
            except _NO_ANSWER:
                self._why = f"it sent no answer: {line!r:.200}"
        self.was_lost = not whole and not self._closing
        if not self._traced.is_set() and not self._why:
            self._why = "the tracer has ended; does the host run?"
        for event in (self._traced, self._exited, self._ended):
            event.set()

    def _on_message(self, message: Mapping[str, Any]) -> bool:
        """Take a message; true when it is the last."""
        if "call" in message:
            self._on_call(message["call"])
        elif "exited" in message:
            if message["exited"] == self._pid:
                self._exited.set()
        elif "traced" in message:
            self._traced.set()
        elif "failed" in message:
            self._why = str(message["failed"])
        elif "notice" in message:
            fields = dict(message["notice"])
            self._on_event(TraceNotice(time_ns=fields.pop("at_ns"), host=self.host, **fields))
        return "ended" in message or "failed" in message

    def _on_call(self, fields: Mapping[str, Any]) -> None:
        sockets = {
            name: ProgramSocket(**fields[name]) if fields[name] else None
            for name in ("socket", "made")
        }
        call = ProgramCall(host=self.host, **{**fields, **sockets})
        self._calls.append(call)
        self._on_event(call)
