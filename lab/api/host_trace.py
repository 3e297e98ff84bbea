"""The trace of programs that run on a host already, until they are let go."""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from lab.api.trace import OnTraced, Trace
from lab.api.tracer_client import Attached, TracerClient
from lab.errors import EngineError
from lab.evidence.events import ProgramCall, TraceEvent, TraceNotice, TraceOff, TraceOn

RELEASED, EXITED, LOST = "released", "exited", "lost"


class HostTrace(AbstractContextManager["HostTrace"]):
    """Traces what runs on a host when its `with` block begins, and what that starts.

    `pid`: that process alone, as the host counts. At the end of the block the programs are let go,
    and go on unharmed. `on_event` is called with each event; `calls` has the calls if they are to
    be kept.
    """

    def __init__(
        self,
        tracer: TracerClient,
        on_event: OnTraced,
        pid: int | None = None,
        *,
        keep_calls: bool = True,
    ) -> None:
        self.host = tracer.host
        self._tracer = tracer
        self._on_event = on_event
        self._pid = pid
        self._keep_calls = keep_calls
        self._traces: list[_AttachedTrace] = []
        self._calls: list[ProgramCall] = []

    @property
    def calls(self) -> Sequence[ProgramCall]:
        """The socket calls that have ended by now, in the order of their ends.

        EngineError when a tracer has ended before it was told to: then calls are missing.
        """
        if any(one.was_lost for one in self._traces):
            raise EngineError(f"{self.host}: what traced it has ended: calls of it are missing")
        self._tracer.catch_up()
        return tuple(self._calls)

    @property
    def programs(self) -> Sequence[TraceOn]:
        """The programs that it was begun with."""
        return tuple(one.begun for one in self._traces)

    @property
    def has_ended(self) -> bool:
        """Have all of them ended?"""
        return all(one.has_ended for one in self._traces)

    def begin(self) -> None:
        """Attach to the programs; one that cannot be traced is a notice, or with `pid` an error."""
        try:
            if self._pid is not None:
                self._attach(self._pid)
            else:
                self._attach_all()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Let go of the programs; done again, it does nothing."""
        for one in self._traces:
            one.end()

    def __enter__(self) -> "HostTrace":
        self.begin()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.end()

    def _attach_all(self) -> None:
        errors: dict[int, str] = {}
        known: set[int] = set()
        # What they start meanwhile may be missed, and is there the next time.
        while new := [one for one in self._tracer.pids() if one not in known]:
            for pid in new:
                known.add(pid)
                try:
                    self._attach(pid)
                except EngineError as error:
                    errors[pid] = str(error)
        still = self._tracer.pids() if errors else ()
        for pid in errors.keys() & set(still):  # it has not just ended
            notice = TraceNotice(
                time_ns=time.time_ns(),
                host=self.host,
                program="",
                pid=pid,
                subject="untraced",
                detail=errors[pid],
                attached=pid,
            )
            self._on_event(notice)

    def _attach(self, pid: int) -> None:
        trace = _AttachedTrace(self.host, self._take, pid)
        trace.attached_to = self._tracer.attach(pid, trace)
        self._traces.append(trace)

    def _take(self, event: TraceEvent) -> None:
        if self._keep_calls and isinstance(event, ProgramCall):
            self._calls.append(event)
        self._on_event(event)


class _AttachedTrace(Trace):
    """That of one program; the events of its begin and end come among those of its calls."""

    attached_to: Attached
    begun: TraceOn

    def __init__(self, host: str, on_event: OnTraced, pid: int) -> None:
        super().__init__(host, on_event, pid)
        self._pid = pid
        self._write = on_event
        self._lock = threading.Lock()
        self._is_off = False  # is that said?
        self._is_over = False

    def end(self) -> None:
        """Let go of the program, and of what it has started."""
        if self._is_over or self.was_lost:
            return
        self._is_over = True
        try:
            at_ns = self.attached_to.release()
        except EngineError:
            self._off(LOST, time.time_ns())
        else:
            self._off(RELEASED, at_ns)

    def on_attached(self, fields: Mapping[str, Any]) -> None:
        """Take that the program was attached to, as its tracer wrote it."""
        self.begun = TraceOn(
            time_ns=fields["at_ns"], host=self.host, program=fields["program"], pid=self._pid
        )
        self._write(self.begun)

    def on_call(self, fields: Mapping[str, Any]) -> None:
        """Take a call, as its tracer wrote it; who has asked for the trace keeps it."""
        self._write(self._call(fields))

    def on_exit(self) -> None:
        """Take that the program has ended."""
        super().on_exit()
        self._off(EXITED, time.time_ns())

    def on_end(self, *, lost: bool) -> None:
        """Take that its tracer has ended."""
        super().on_end(lost=lost)
        self._off(LOST if lost else RELEASED, time.time_ns())

    def _off(self, why: str, at_ns: int) -> None:
        with self._lock:
            if self._is_off:
                return
            self._is_off = True
        off = TraceOff(
            time_ns=at_ns, host=self.host, program=self.begun.program, pid=self._pid, why=why
        )
        self._write(off)
