"""Ending on a signal: take nothing new, finish the replies under way, cut what is late.

A watcher thread waits for the signals, which every other thread blocks. Its only means is
shutdown(2), and the kernel remembers that for each socket, so no moment is the wrong one:

    1st signal  listener shut: accept() fails with EINVAL, new connections are refused;
                connections shut for reading: recv() gives what is queued, then end of data
    --grace     connections reset: send() and recv() fail. A 2nd signal does the same at once
    1 s more    the process ends, whatever still holds it (a stuck log, say)

So handlers use plain blocking calls and need to know nothing. The watcher writes no line and
takes no lock: it must work when all else is stuck. Data that a client sends after its connection
was closed makes the kernel reset it (RFC 1122, 4.2.2.13); this is not undone here.
"""

import contextlib
import os
import signal
import socket
import struct
import threading
from collections.abc import Iterator, Set
from typing import Self

ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
LAST_RESORT_S = 1.0
_NO_LINGER = struct.pack("ii", 1, 0)


def hold_signals() -> None:
    """Blocks the ending signals: one that comes before the server is ready waits for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


class Drain:
    """Watches over one listener and the connections made from it.

    Start it in a process whose main thread blocks `begin_on` and `cut_on`, before any other
    thread is started: threads inherit the mask.
    """

    def __init__(
        self,
        listener: socket.socket | None,
        grace_s: float,
        *,
        begin_on: Set[signal.Signals] = ENDING,
        cut_on: Set[signal.Signals] = ENDING,
        stuck_status: int = 0,
    ) -> None:
        self.grace_s = grace_s
        self.cut_count = 0
        self._listener = listener
        self._begin_on, self._cut_on = begin_on, cut_on
        self._stuck_status = stuck_status
        self._open: set[socket.socket] = set()
        self._begun = threading.Event()
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="drain", daemon=True)
        self._late = False

    @property
    def stopping(self) -> bool:
        """True from the first signal on."""
        return self._begun.is_set()

    @property
    def late(self) -> bool:
        """True from the moment that what is unfinished is cut."""
        return self._late

    def start(self) -> None:
        """Starts to watch; only a process that leaves by os._exit may do without `close`."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self._begin_on | self._cut_on)
        self._watcher.start()

    def close(self) -> None:
        """Ends the watching. A thread left behind would have to be killed by the interpreter,
        and glibc opens a file for that: with no descriptor left it aborts the process."""
        self._done.set()
        for number in self._begin_on | self._cut_on:
            signal.pthread_kill(self._watcher.ident or 0, number)
        self._watcher.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def pause(self, most_s: float) -> None:
        """Waits `most_s` seconds, or until the first signal."""
        self._begun.wait(most_s)

    @contextlib.contextmanager
    def connection(self, conn: socket.socket) -> Iterator[None]:
        """Keeps `conn` in view while the block runs, then closes it."""
        self._open.add(conn)
        try:
            # The watcher looks at the set after it raises its flag, this looks at the flag after
            # adding to the set: one of the two sees the other.
            if self.stopping:
                _shut(conn, socket.SHUT_RD)
            if self._late:
                _reset(conn)
            yield
        finally:
            self._open.discard(conn)
            conn.close()

    def _watch(self) -> None:
        signal.sigwait(self._begin_on)
        if self._done.is_set():
            return
        self._begun.set()
        if self._listener is not None:
            _shut(self._listener, socket.SHUT_RD)
        for conn in list(self._open):
            _shut(conn, socket.SHUT_RD)
        signal.sigtimedwait(self._cut_on, self.grace_s)
        if self._done.is_set():
            return
        self._late = True
        late = list(self._open)
        self.cut_count = len(late)
        for conn in late:
            _reset(conn)
        if not self._done.wait(LAST_RESORT_S):
            os._exit(self._stuck_status)


def _shut(sock: socket.socket, how: int) -> None:
    # ENOTCONN: the peer is gone. EBADF: closed by its handler a moment ago.
    with contextlib.suppress(OSError):
        sock.shutdown(how)


def _reset(conn: socket.socket) -> None:
    # Closed with a linger time of 0, the connection ends with RST: a client must not take half
    # a reply for a whole one (socket(7), SO_LINGER).
    with contextlib.suppress(OSError):
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    _shut(conn, socket.SHUT_RDWR)
