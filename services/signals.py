"""Signals as something to wait for together with sockets, for processes that have children.

Owns the pipe that signal.set_wakeup_fd fills. Servers without children use `draining` instead.
"""

import os
import select
import signal
import socket
from collections.abc import Iterable


class SignalPipe:
    """Catches `signals` from the moment it is made; `wait` tells which came.

    The interpreter writes each signal's number to the pipe within the signal handler itself, so
    none is lost between looking and waiting.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._caught = frozenset(signals)
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in self._caught:
            signal.signal(number, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._caught)

    def wait(
        self, timeout_s: float | None, sock: socket.socket | None = None
    ) -> tuple[list[signal.Signals], bool]:
        """The signals that came, oldest first, and whether `sock` can be read.

        Waits until there is one of both, or `timeout_s` seconds (None: for ever).
        """
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        if sock is not None:
            poll.register(sock, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(None if timeout_s is None else max(0, timeout_s) * 1000)}
        numbers = os.read(self._read, 4096) if self._read in ready else b""
        caught = [signal.Signals(number) for number in numbers]
        return caught, sock is not None and sock.fileno() in ready

    def forget(self) -> None:
        """In a forked child: leaves the pipe to the parent and restores default actions."""
        signal.set_wakeup_fd(-1)
        for number in self._caught:
            signal.signal(number, signal.SIG_DFL)
        os.close(self._read)
        os.close(self._write)
