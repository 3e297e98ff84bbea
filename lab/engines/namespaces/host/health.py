"""A host's health: when its check runs, and what the results make of it.

Until a host is healthy for the first time, others wait for it: then its check runs as soon as its
sockets have changed and come to rest, which a glance at the kernel's counts tells; or, where the
file says how often a check runs in the start period, just so often.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence

from lab.compose.model import Health

_GLANCE_S = 0.002
# Without such a change: after this time, then after twice, three times and so on, up to the most.
_FIRST_CHECK_S = 0.02
_MOST_BETWEEN_S = 0.1
_COUNTS = ("/proc/net/sockstat", "/proc/net/sockstat6")
_COUNTED = ("TCP", "UDP")
_UNIX = "/proc/net/unix"
_KEPT_BYTES = 4096  # of the output of a check, as Docker keeps


class HealthCheck:
    """The check of a host whose program runs.

    `start` starts a program with these descriptors, and returns its pid, or else why it cannot be.
    `changed` is called with healthy and unhealthy.
    """

    def __init__(
        self,
        health: Health,
        start: Callable[[Sequence[str], Sequence[int]], tuple[int, bytes]],
        changed: Callable[[str], None],
    ) -> None:
        self._health = health
        self._start = start
        self._changed = changed
        self._pid = 0  # of the check that runs
        # What the check that runs writes to is read from here; None when there is nothing to read.
        self.output: int | None = None
        self._output = b""
        self._ends_s = 0.0
        self._failures = 0
        self._state = "starting"
        self._started_s = time.monotonic()
        self._next_s = self._started_s + _FIRST_CHECK_S
        self._checked = self._seen = _socket_counts()
        self._held_s = 0.0  # since when the host is paused

    @property
    def last_output(self) -> str:
        """The output of the last check, in one line, and no more than Docker would keep."""
        lines = self._output.decode(errors="replace").split("\n")
        return " | ".join(filter(None, map(str.strip, lines)))

    def read(self) -> None:
        """Read what the check has written; also what is not kept, so that it can go on."""
        assert self.output is not None
        try:
            piece = os.read(self.output, 1 << 16)
        except BlockingIOError:
            return
        self._output = (self._output + piece)[:_KEPT_BYTES]
        if not piece:
            self._close()

    def _close(self) -> None:
        if self.output is not None:
            os.close(self.output)
            self.output = None

    def next_turn_s(self) -> float:
        """Return when `turn` has something to do."""
        if self._pid:
            return self._ends_s
        if self._is_eager():
            return min(self._next_s, time.monotonic() + _GLANCE_S)
        return self._next_s

    def turn(self) -> None:
        """Begin the check when it is due, end it when it takes too long."""
        now_s = time.monotonic()
        if self._pid:
            if now_s >= self._ends_s:
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
                self._result(False)
        elif now_s >= self._next_s or (self._is_eager() and self._has_come_to_rest()):
            self._begin(now_s)

    def hold(self) -> None:
        """Let the time stand still: the host is paused, and so is a check that runs."""
        self._held_s = time.monotonic()

    def go_on(self) -> None:
        """Let the time go on."""
        passed_s = time.monotonic() - self._held_s
        self._started_s += passed_s
        self._next_s += passed_s
        self._ends_s += passed_s

    def reaped(self, pid: int, status: int) -> None:
        """Take note of the end of a child, which may be the check."""
        if pid == self._pid:
            self._result(status == 0)

    def _is_eager(self) -> bool:
        return self._state == "starting" and self._health.start_interval_s is None

    def _has_come_to_rest(self) -> bool:
        before, self._seen = self._seen, _socket_counts()
        return self._seen == before != self._checked

    def _begin(self, now_s: float) -> None:
        self._checked = _socket_counts()
        self._ends_s = now_s + self._health.timeout_s
        self._output = b""
        null = os.open(os.devnull, os.O_RDWR)
        self.output, write = os.pipe()
        os.set_blocking(self.output, False)
        self._pid, error = self._start(self._health.argv, (null, write, write))
        if error:  # no such program: that is not healthy
            self._output = b"%b: %b" % (os.fsencode(self._health.argv[0]), error)
            self._result(False)
        os.close(null)
        os.close(write)

    def _result(self, passed: bool) -> None:
        health = self._health
        self._pid = 0
        if self.output is not None:
            self.read()
        self._close()
        now_s = time.monotonic()
        self._failures = 0 if passed else self._failures + 1
        starting = self._state == "starting"
        if passed:
            now = "healthy"
        elif starting:  # a failure counts each interval
            patience_s = health.start_period_s + health.retries * health.interval_s
            now = "unhealthy" if now_s - self._started_s > patience_s else "starting"
        else:
            now = "unhealthy" if self._failures >= health.retries else self._state
        self._next_s = now_s + self._pause_s(now, now_s)
        if now != self._state:
            self._state = now
            self._changed(now)

    def _pause_s(self, state: str, now_s: float) -> float:
        health = self._health
        if state != "starting":
            return health.interval_s
        if health.start_interval_s is None:
            return min(health.interval_s, _MOST_BETWEEN_S, _FIRST_CHECK_S * self._failures)
        in_start_period = now_s - self._started_s < health.start_period_s
        return health.start_interval_s if in_start_period else health.interval_s


def _socket_counts() -> list[str | int]:
    """Return how many bound sockets of each protocol this network namespace has (proc(5))."""
    counts: list[str | int] = [_read(_UNIX).count("\n")]
    for file in _COUNTS:
        # Only the first count of a line, `TCP: inuse 3 ...`, is of this namespace alone.
        counts += [line.split()[2] for line in _read(file).splitlines() if line[:3] in _COUNTED]
    return counts


def _read(file: str) -> str:
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except FileNotFoundError:  # a kernel without IPv6
        return ""
    try:
        # The names of sockets are whatever bytes somebody has bound.
        return os.read(descriptor, 1 << 16).decode(errors="replace")
    finally:
        os.close(descriptor)
