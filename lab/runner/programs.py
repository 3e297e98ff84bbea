"""Programs that a scenario runs on hosts: their input, output and end."""

import os
import selectors
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector
from threading import Condition, Thread
from types import MappingProxyType
from typing import NamedTuple

from lab.api import as_events
from lab.api.host import Host
from lab.api.trace import OnTraced
from lab.evidence.events import ProgramOutcome

_PIECE_BYTES = 1 << 16
_NEWS_WITHIN_S = 1.0
_TRACED_WITHIN_S = 20.0


class Taken(NamedTuple):
    """What a program took of its input: so many bytes in time.

    `refused`: it takes no more; its `exit_status` is there if it has ended.
    """

    bytes: int
    refused: bool = False
    exit_status: int | None = None


class RunningProgram:
    """A program that runs, from `start` to `close`.

    What it has started may go on after its end, and hold its outputs open. One thread writes its
    input and reads its outputs, so that it waits for nobody, and nobody for it.
    """

    def __init__(
        self,
        host: Host,
        argv: tuple[str, ...],
        text: str,
        user: str | None,
        environment: Mapping[str, str] = MappingProxyType({}),
        *,
        keep_open: bool = False,
        on_traced: OnTraced | None = None,
    ) -> None:
        """With `on_traced` it is traced: that is called with each event of its trace."""
        settings = [f"{name}={value}" for name, value in environment.items()]
        # As of calls: a step of the machine's clock changes no duration. From before it begins:
        # what it does for a time is never seen to last less.
        self._began_ns, self._clock_ns = time.time_ns(), time.monotonic_ns()
        self._program = host.start(
            [*(["env", *settings] if settings else ()), *argv],
            user=user,
            trace=on_traced is not None,
            on_traced=on_traced,
        )
        self.begun = replace(
            as_events.program_begun(self._program),
            argv=argv,
            environment=dict(environment),
            began_ns=self._began_ns,
        )
        process = self._program.process
        assert process.stdin
        assert process.stdout
        assert process.stderr
        # Its input ends when nothing is left of it, unless it is kept open.
        self._input, self._left, self._keep_open = process.stdin, text.encode(), keep_open
        self._outputs = {"output": process.stdout, "errors": process.stderr}
        self._read = {"output": b"", "errors": b""}
        self._open = set(self._outputs)
        self._changed = Condition()
        self._ended_ns: int | None = None
        self._status: int | None = None
        self._stopped, self._stop = os.pipe()
        self._has_more = os.eventfd(0, os.EFD_NONBLOCK)
        self._thread = Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        """Begin to write its input, once `close` is sure to be called."""
        for name, stream in self._outputs.items():
            os.set_blocking(stream.fileno(), False)
            # Its first line was read for its pid, and perhaps more with it.
            there = getattr(stream, "peek")()  # noqa: B009 - IO[bytes] has none
            self._read[name] = stream.read(len(there)) or b""
        os.set_blocking(self._input.fileno(), False)
        self._thread.start()

    # --- in the thread

    def _follow(self) -> None:
        with selectors.DefaultSelector() as selector, _pidfd(self._program.process.pid) as ended:
            selector.register(self._stopped, EVENT_READ)
            selector.register(ended, EVENT_READ, lambda _: self._end(selector, ended))
            for name, stream in self._outputs.items():
                receive = partial(self._receive, selector, name)
                selector.register(stream, EVENT_READ, receive)
            feed = partial(self._feed, selector)
            selector.register(self._has_more, EVENT_READ, lambda _: feed(0))
            # Of the writing end of a pipe, to be readable is to have lost its reader.
            selector.register(self._input, EVENT_READ | EVENT_WRITE, feed)
            while True:
                for key, events in selector.select():
                    if key.fd == self._stopped:
                        return
                    with self._changed:
                        key.data(events)
                        self._changed.notify_all()

    def _end(self, selector: BaseSelector, ended: int) -> None:
        """Take what it has written before its end, which is there by now."""
        selector.unregister(ended)
        self._ended_ns = self._now_ns()
        self._status = self._program.process.wait()
        for name in list(self._open):
            while self._read_piece(name):
                pass

    def _receive(self, selector: BaseSelector, name: str, _events: int) -> None:
        self._read_piece(name)
        if name not in self._open:
            selector.unregister(self._outputs[name])

    def _read_piece(self, name: str) -> bool:
        """Read a piece of an output; return whether there was one."""
        try:
            piece = os.read(self._outputs[name].fileno(), _PIECE_BYTES)
        except BlockingIOError:
            return False
        self._read[name] += piece
        if not piece:
            self._open.discard(name)
        return bool(piece)

    def _feed(self, selector: BaseSelector, events: int) -> None:
        """Write what it takes of its input, and look again when it takes more, or gets more."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._has_more)
        if self._input.closed:
            return
        if self._write() or events & EVENT_READ:
            selector.unregister(self._input)
            self._input.close()
        else:
            selector.modify(
                self._input,
                EVENT_READ | EVENT_WRITE if self._left else EVENT_READ,
                partial(self._feed, selector),
            )

    def _write(self) -> bool:
        """Write what it takes now; return whether its input ends."""
        try:
            if self._left:
                self._left = self._left[os.write(self._input.fileno(), self._left) :]
        except BlockingIOError:
            return False
        except OSError:  # it reads no more, which is its own affair
            return True
        return not self._left and not self._keep_open

    def _now_ns(self) -> int:
        return self._began_ns + time.monotonic_ns() - self._clock_ns

    # --- in other threads

    def wait_for(self, count: Callable[[str], int], least: int, within_s: float) -> int:
        """Wait until so many are counted in the output, or none can come; return the count."""

        def counted() -> int:
            return count(self._read["output"].decode(errors="replace"))

        with self._changed:
            self._changed.wait_for(lambda: counted() >= least or not self._open, within_s)
            return counted()

    def send(self, data: bytes, *, close: bool, within_s: float) -> Taken:
        """Write more input, the last if `close`; return what it took of it in time."""
        with self._changed:
            taken = 0
            if not self._is_over():
                self._left += data
                self._keep_open = not close
                os.eventfd_write(self._has_more, 1)
                self._changed.wait_for(
                    lambda: self._is_over() or not (self._left or close), within_s
                )
                taken = len(data) - min(len(data), len(self._left))
                if not self._left and (self._input.closed or not close):
                    return Taken(taken)
            if not self._is_over():
                return Taken(taken)
            # Who reads no more has mostly ended; the news of that come in a moment.
            self._changed.wait_for(lambda: self._ended_ns is not None, _NEWS_WITHIN_S)
            return Taken(taken, refused=True, exit_status=self._status)

    def _is_over(self) -> bool:
        """Has its input ended, or itself?"""
        return self._input.closed or self._ended_ns is not None

    def wait(self, within_s: float) -> ProgramOutcome:
        """Wait for its end; return what is known then."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended_ns is not None, within_s)
            printed = replace(
                self.begun,
                output=self._read["output"].decode(errors="replace"),
                errors=self._read["errors"].decode(errors="replace"),
            )
            if self._ended_ns is None:
                input_open = self._keep_open and not self._input.closed
                return replace(printed, input_open=input_open)
            if self._program.trace:  # the last of its calls are there, too
                self._program.trace.wait_for_exit(_TRACED_WITHIN_S)
            return replace(
                printed,
                ended_ns=self._ended_ns,
                exit_status=self._status,
                outputs_open=bool(self._open),
            )

    @property
    def trace_was_lost(self) -> bool:
        """Has its tracer ended before it, or not got as far yet? Then calls of it are missing."""
        if (trace := self._program.trace) is None:
            return False
        return trace.was_lost or (self._ended_ns is not None and not trace.has_ended)

    def close(self) -> None:
        """End it, if it has not ended; what it has started ends with the lab."""
        os.close(self._stop)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._stopped)
        os.close(self._has_more)
        self._program.end()


@contextmanager
def _pidfd(pid: int) -> Iterator[int]:
    """Yield a descriptor that can be read when the process has ended (pidfd_open(2))."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
