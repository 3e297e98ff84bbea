"""A terminal for a program on a host, of the host's own /dev/pts, joined to the caller's.

The caller's terminal is raw meanwhile: what is typed, Ctrl-C too, is for the other one, whose size
follows (pty(7), termios(3)).
"""

import contextlib
import os
import selectors
import signal
import termios
import tty

_MOST_BYTES = 1 << 16
_MOST_AHEAD = 1 << 16  # what has been typed, or pasted, and is not read yet
_STDIN, _STDOUT = 0, 1
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def relay(master: int, child: int) -> None:
    """Pass bytes to and fro until the program, a child of this process, ends or lets go of it."""
    before = termios.tcgetattr(_STDIN)
    os.set_blocking(master, False)
    follow_size(master)
    signal.signal(signal.SIGWINCH, lambda *_: follow_size(master))
    tty.setraw(_STDIN, termios.TCSADRAIN)  # what has been typed already is kept
    try:
        _pass_on(master, os.pidfd_open(child))
    finally:
        termios.tcsetattr(_STDIN, termios.TCSADRAIN, before)


def follow_size(master: int) -> None:
    """Give the program's terminal the size of the caller's."""
    with contextlib.suppress(OSError, termios.error):  # one of them is gone
        termios.tcsetwinsize(master, termios.tcgetwinsize(_STDIN))


def _pass_on(master: int, child: int) -> None:
    typed = b""
    # poll(2), because standard input may be a file, which epoll(7) does not take.
    selector = selectors.PollSelector()
    selector.register(child, _READ)
    selector.register(master, _READ)
    listening = True
    while True:
        selector.modify(master, _READ | (_WRITE if typed else 0))
        is_watched = listening and len(typed) < _MOST_AHEAD
        if is_watched:
            selector.register(_STDIN, _READ)
        ready = {key.fd: events for key, events in selector.select()}
        if is_watched:
            selector.unregister(_STDIN)
        if _STDIN in ready:
            more = _read(_STDIN)
            listening, typed = bool(more), typed + more
        if ready.get(master, 0) & _WRITE:
            with contextlib.suppress(OSError):  # it takes no more now, or ever
                typed = typed[os.write(master, typed) :]
        if ready.get(master, 0) & _READ and not _show(master):
            return  # nobody has the terminal any more
        if child in ready:
            while _show(master):
                pass
            return


def _show(master: int) -> bool:
    """Pass on what the program wrote; tell whether there may be more."""
    written = _read(master)
    view = memoryview(written)
    while view:
        view = view[os.write(_STDOUT, view) :]
    return bool(written)


def _read(descriptor: int) -> bytes:
    """Return what is there; nothing at the end, which a terminal gives as an error (EIO)."""
    try:
        return os.read(descriptor, _MOST_BYTES)
    except OSError:
        return b""
