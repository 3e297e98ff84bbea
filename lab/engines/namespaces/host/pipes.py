"""Pipes in place of the caller's terminal, for a program on a host that gets none of its own.

With that terminal itself it could read what is typed for other programs, and type into their input
(TIOCSTI of ioctl_tty(2)), on the machine. Each of the three standard descriptors that is a terminal
is passed on through a pipe; the others are the caller's own.
"""

import os
import selectors
from collections.abc import Mapping

_MOST_BYTES = 1 << 16
_STDIN = 0
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Pipes:
    """Made before the program's process is forked, which takes its ends of them (`take`)."""

    def __init__(self) -> None:
        # By the number of the program's descriptor: its end, and this process's end.
        self._ends: dict[int, tuple[int, int]] = {}
        for number in filter(os.isatty, range(3)):
            read, write = os.pipe()
            theirs, ours = (read, write) if number == _STDIN else (write, read)
            os.set_blocking(ours, False)
            self._ends[number] = theirs, ours
        self._typed = b""  # and not taken yet

    def take(self) -> None:
        """Make them this process's standard descriptors: in the program's process."""
        for number, (theirs, _) in self._ends.items():
            os.dup2(theirs, number)

    def relay(self, child: int) -> None:
        """Pass bytes on until the program, a child of this process, has ended."""
        if not self._ends:
            return
        self._close_theirs()
        outputs = {ours: n for n, (_, ours) in self._ends.items() if n != _STDIN}
        ended = os.pidfd_open(child)
        # poll(2), because the caller's input may be a file, which epoll(7) does not take.
        selector = selectors.PollSelector()
        for end in (ended, *outputs):
            selector.register(end, _READ)
        if _STDIN in self._ends:
            selector.register(_STDIN, _READ)
        ready: set[int] = set()
        while ended not in ready:
            ready = {key.fd for key, _ in selector.select()}
            for end in ready & outputs.keys():
                if not _show(end, outputs[end]):
                    selector.unregister(end)
            if ready & {_STDIN, self._input}:
                self._pass_input(selector)
        _show_all(outputs)

    def _close_theirs(self) -> None:
        for theirs, _ in self._ends.values():
            os.close(theirs)

    @property
    def _input(self) -> int:
        return self._ends[_STDIN][1] if _STDIN in self._ends else -1

    def _pass_input(self, selector: selectors.BaseSelector) -> None:
        """Pass on what was typed; watch for more, or for the program to take it, or for nothing."""
        watched = self._input if self._typed else _STDIN
        selector.unregister(watched)
        more = self._typed or _read(_STDIN)
        try:
            self._typed = more[os.write(self._input, more) :] if more else b""
        except BlockingIOError:
            self._typed = more
        except BrokenPipeError:  # the program takes nothing any more
            more = b""
        if not more:
            os.close(self._input)
            del self._ends[_STDIN]
        elif self._typed:
            selector.register(self._input, _WRITE)
        else:
            selector.register(_STDIN, _READ)


def _read(descriptor: int) -> bytes:
    """Return what is there; nothing at the end, or where there is nothing yet."""
    try:
        return os.read(descriptor, _MOST_BYTES)
    except OSError:
        return b""


def _show_all(outputs: Mapping[int, int]) -> None:
    for source, target in outputs.items():
        while _show(source, target):
            pass


def _show(source: int, target: int) -> bool:
    """Pass on what the program wrote; tell whether there may be more."""
    written = _read(source)
    view = memoryview(written)
    while view:
        view = view[os.write(target, view) :]
    return bool(written)
