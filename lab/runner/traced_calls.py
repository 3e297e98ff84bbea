"""The calls of traced programs while a scenario runs: each is an event, and is waited for."""

from collections.abc import Callable
from threading import Condition as Changing

from lab.evidence.event_file import Recorder
from lab.evidence.events import ProgramCall, TraceEvent


class TracedCalls:
    """Those of one run, from all tracers, each of which has a thread of its own."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._calls: list[ProgramCall] = []
        self._changed = Changing()

    def write(self, event: TraceEvent) -> None:
        """Take what a tracer has seen."""
        written = self._recorder.write(event)
        if isinstance(written, ProgramCall):
            with self._changed:
                self._calls.append(written)
                self._changed.notify_all()

    def wait(self, take: Callable[[ProgramCall], int], least: int, within_s: float) -> int:
        """Give each call to `take`, until it has counted so many; return how many it has."""
        taken = count = 0

        def counted() -> int:
            nonlocal taken, count
            for call in self._calls[taken:]:
                count = take(call)
            taken = len(self._calls)
            return count

        with self._changed:
            self._changed.wait_for(lambda: counted() >= least, within_s)
            return count
