"""Programs that a scenario runs on hosts: their input, output and end."""

import os
import select
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Condition, Thread
from types import MappingProxyType
from typing import NamedTuple

from lab.api.host import Host
from lab.evidence.events import ProgramOutcome

_PIECE_BYTES = 1 << 16
_NEWS_WITHIN_S = 1.0


class Taken(NamedTuple):
    """What a program took of its input: so many bytes in time.

    `refused`: it takes no more; its `exit_status` is there if it has ended.
    """

    bytes: int
    refused: bool = False
    exit_status: int | None = None


class RunningProgram:
    """A program under way, from `start` to `close`.

    Its end is its own: what it has started may go on, and hold its outputs open. One thread gives
    it its input and takes its outputs, so that it waits for nobody, and nobody for it.
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
    ) -> None:
        settings = [f"{name}={value}" for name, value in environment.items()]
        self._program = host.start([*(["env", *settings] if settings else ()), *argv], user=user)
        # As of calls: a step of the machine's clock changes no duration.
        self._began_ns, self._clock_ns = time.time_ns(), time.monotonic_ns()
        self.begun = ProgramOutcome(
            host=host.name,
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
        self._stop, self._let_go = os.pipe()
        self._has_more = os.eventfd(0, os.EFD_NONBLOCK)
        self._thread = Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        """Let it have its input, once `close` is sure to be called."""
        for name, stream in self._outputs.items():
            os.set_blocking(stream.fileno(), False)
            # Its first line was read for its pid, and perhaps more with it.
            there = getattr(stream, "peek")()  # noqa: B009 - IO[bytes] has none
            self._read[name] = stream.read(len(there)) or b""
        os.set_blocking(self._input.fileno(), False)
        self._thread.start()

    # --- in the thread

    def _follow(self) -> None:
        ended = os.pidfd_open(self._program.process.pid)
        takes = self._input.fileno()
        do: dict[int, Callable[[], bool]] = {ended: self._end}
        for name, stream in self._outputs.items():
            do[stream.fileno()] = lambda name=name: self._hear(name)  # type: ignore[misc]
        poll = select.poll()
        poll.register(self._stop, select.POLLIN)
        poll.register(takes, select.POLLOUT)
        for descriptor in (self._has_more, *do):
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, events in poll.poll():
                if descriptor == self._stop:
                    os.close(ended)
                    return
                with self._changed:
                    if descriptor in {takes, self._has_more}:
                        self._feed(poll, takes, lost=bool(events & select.POLLERR))
                    elif do[descriptor]():
                        poll.unregister(descriptor)
                    self._changed.notify_all()

    def _end(self) -> bool:
        """Take what it has written before its end, which is there by now."""
        self._ended_ns = self._now_ns()
        self._status = self._program.process.wait()
        for name in list(self._open):
            while self._take(name):
                pass
        return True

    def _hear(self, name: str) -> bool:
        self._take(name)
        return name not in self._open

    def _take(self, name: str) -> bool:
        """Read a piece of an output; tell whether there was one."""
        try:
            piece = os.read(self._outputs[name].fileno(), _PIECE_BYTES)
        except BlockingIOError:
            return False
        self._read[name] += piece
        if not piece:
            self._open.discard(name)
        return bool(piece)

    def _feed(self, poll: select.poll, takes: int, *, lost: bool) -> None:
        """Give it what it takes of its input, and look again when it takes more, or gets more."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._has_more)
        if self._input.closed:
            return
        if self._write() or lost:
            poll.unregister(takes)
            self._input.close()
        else:
            poll.modify(takes, select.POLLOUT if self._left else 0)

    def _write(self) -> bool:
        """Give it what it takes now; tell whether its input ends."""
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

    # --- for who asks

    def wait_for(self, count: Callable[[str], int], least: int, within_s: float) -> int:
        """Wait until so many are counted in the output, or none can come; return the count."""

        def there() -> int:
            return count(self._read["output"].decode(errors="replace"))

        with self._changed:
            self._changed.wait_for(lambda: there() >= least or not self._open, within_s)
            return there()

    def send(self, data: bytes, *, close: bool, within_s: float) -> Taken:
        """Give it more input, the last if `close`; return what it took of it in time."""
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
            return replace(
                printed,
                ended_ns=self._ended_ns,
                exit_status=self._status,
                outputs_open=bool(self._open),
            )

    def close(self) -> None:
        """End it, if it has not ended; what it has started ends with the lab."""
        os.close(self._let_go)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._stop)
        os.close(self._has_more)
        self._program.end()
