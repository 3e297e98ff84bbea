"""Puts what comes from several sources in the order of time, while it comes.

A source may be behind: so each is asked to catch up, and only then what is older than the question
goes on. It goes on `hold_s` later than that, so that a call which lasts no longer, and is known at
its end, can stand where it began.
"""

import heapq
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from typing import Generic, TypeVar

from lab.errors import LabError

_LOOK_AGAIN_S = 0.1
T = TypeVar("T")


class Timeline(AbstractContextManager["Timeline[T]"], Generic[T]):
    """Calls `show` with each thing that was added, in order; of things of one time, as they came.

    `catch_up` returns when all that was before it has been added. What is left at the end of the
    `with` block is shown then. What `show` and `catch_up` raise (OSError, LabError) is raised
    there, and nothing more is shown; `on_failure` is called at once.
    """

    def __init__(
        self,
        show: Callable[[T], object],
        catch_up: Callable[[], object],
        hold_s: float,
        on_failure: Callable[[], object] = lambda: None,
    ) -> None:
        self._show = show
        self._catch_up = catch_up
        self._hold_ns = round(hold_s * 1e9)
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._numbers = count()
        self._waiting: list[tuple[int, int, T]] = []
        self._over = threading.Event()
        self._failed: OSError | LabError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def add(self, time_ns: int, thing: T) -> None:
        """Add a thing of this time (nanoseconds since the epoch); of any thread."""
        with self._lock:
            heapq.heappush(self._waiting, (time_ns, next(self._numbers), thing))

    def __enter__(self) -> "Timeline[T]":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()
        if self._failed:
            raise self._failed
        self._catch_up()
        self._release(None)

    def _run(self) -> None:
        try:
            while not self._over.wait(_LOOK_AGAIN_S):
                asked_ns = time.time_ns()
                self._catch_up()
                self._release(asked_ns - self._hold_ns)
        except (OSError, LabError) as error:
            self._failed = error
            self._on_failure()

    def _release(self, until_ns: int | None) -> None:
        while True:
            with self._lock:
                if not self._waiting or (until_ns is not None and self._waiting[0][0] > until_ns):
                    return
                _, _, thing = heapq.heappop(self._waiting)
            self._show(thing)
