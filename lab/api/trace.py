"""The trace of a program: its own socket calls, and those of what it starts, as they come."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from lab.agent.call_server import encoding
from lab.api.call_fault import fault_id
from lab.evidence.events import ProgramCall, ProgramSocket, TraceEvent, TraceNotice

_NO_DATA = encoding.encode(b"")
OnTraced = Callable[[TraceEvent], object]


class Trace:
    """That of one program; `on_event` is called by a thread of its own.

    `attached` is the process, as the host counts, where its trace began while it ran already.
    """

    def __init__(self, host: str, on_event: OnTraced, attached: int | None = None) -> None:
        self.host = host
        self.attached = attached
        self._on_event = on_event
        self._calls: list[ProgramCall] = []
        self._exited = threading.Event()
        # Has its tracer ended before the program? Then calls of it are missing.
        self.was_lost = False

    @property
    def calls(self) -> tuple[ProgramCall, ...]:
        """The calls that have ended by now, in the order of their ends."""
        return tuple(self._calls)

    def wait_for_exit(self, within_s: float) -> bool:
        """Wait until all calls of the program are there that has ended; what it started goes on."""
        return self._exited.wait(within_s)

    @property
    def has_ended(self) -> bool:
        """Is there nothing to come any more?"""
        return self._exited.is_set()

    # --- of the tracer's client

    def on_attached(self, fields: Mapping[str, Any]) -> None:
        """Take that the program was attached to, as its tracer wrote it."""

    def on_call(self, fields: Mapping[str, Any]) -> None:
        """Take a call, as its tracer wrote it."""
        call = self._call(fields)
        self._calls.append(call)
        self._on_event(call)

    def _call(self, fields: Mapping[str, Any]) -> ProgramCall:
        return ProgramCall(
            host=self.host,
            program=fields["program"],
            pid=fields["own_pid"],
            tid=fields["own_tid"],
            call=fields["call"],
            descriptor=fields["descriptor"],
            socket=_socket(fields["socket"]),
            made=_socket(fields["made"]),
            arguments=fields["arguments"],
            data=None if fields["data"] == _NO_DATA else fields["data"],
            size_bytes=fields["size_bytes"],
            result=fields["result"],
            error=fields["error"],
            began_ns=fields["began_ns"],
            ended_ns=fields["ended_ns"],
            restarts=fields["restarts"],
            fault=None if fields["fault"] is None else fault_id(self.host, fields["fault"]),
            attached=self.attached,
        )

    def on_notice(self, fields: Mapping[str, Any]) -> None:
        """Take a notice, as its tracer wrote it."""
        notice = TraceNotice(
            time_ns=fields["at_ns"],
            host=self.host,
            program=fields["program"],
            pid=fields["pid"],
            subject=fields["subject"],
            detail=fields["detail"],
            attached=self.attached,
        )
        self._on_event(notice)

    def on_exit(self) -> None:
        """Take that the program has ended."""
        self._exited.set()

    def on_end(self, *, lost: bool) -> None:
        """Take that its tracer has ended; `lost`: by others."""
        self.was_lost = lost and not self._exited.is_set()
        self._exited.set()


def _socket(fields: Mapping[str, str]) -> ProgramSocket | None:
    return ProgramSocket(**fields) if fields["family"] else None
