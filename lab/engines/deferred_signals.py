"""Ctrl-C and SIGTERM wait until a step that must be done whole has been done.

Such as to let go of a lab: before it nothing may be left of the lab, after it the lab goes on.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_DEFERRED = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def deferred() -> Iterator[None]:
    """Let what they do, such as to raise KeyboardInterrupt, happen at the end of the block.

    In a thread that is not the main one they do nothing anyway (signal(7) of Python).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = {number: signal.getsignal(number) for number in _DEFERRED}
    # Handlers, not a mask, which is one thread's: another may take a signal for this one.
    for number in _DEFERRED:
        if before[number] is not None:  # not one that was set by other than Python
            signal.signal(number, lambda got, frame: came.append((got, frame)))
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
        for got, frame in came:
            handler = before[signal.Signals(got)]
            if callable(handler):
                handler(got, frame)
            elif handler == signal.SIG_DFL:
                os.kill(os.getpid(), got)
