"""Follows the syslog of a lab while a scenario runs: every line becomes an event."""

from collections.abc import Callable
from threading import Condition as Changing
from threading import Thread

from lab.api.lab import Lab
from lab.errors import LabError
from lab.evidence.event_file import Recorder
from lab.evidence.events import SyslogLine
from lab.model import LogLine

_CATCH_UP_S = 5.0  # for lines that are written already, on a busy machine


class SyslogFollower:
    """Reads in a thread of its own, which ends with the lab."""

    def __init__(self, lab: Lab, recorder: Recorder) -> None:
        self._lab = lab
        self._recorder = recorder
        self._lines: list[LogLine] = []
        self._changed = Changing()
        self._failed = ""
        self._skip = sum(1 for _ in lab.syslog())  # the lines of the lab's start
        Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        try:
            for number, line in enumerate(self._lab.syslog(follow=True)):
                if number >= self._skip:
                    self._take(line)
        except LabError as error:  # once all is over: the lab has ended
            with self._changed:
                self._failed = str(error)
                self._changed.notify_all()
        except ValueError:  # the recorder is closed
            return

    def _take(self, line: LogLine) -> None:
        self._recorder.write(SyslogLine.of(line))
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def wait(self, is_meant: Callable[[LogLine], bool], least: int, within_s: float) -> int:
        """Wait for so many lines that are meant; return how many there are."""

        def count() -> int:
            return sum(map(is_meant, self._lines))

        with self._changed:
            self._changed.wait_for(lambda: count() >= least, within_s)
            return count()

    def catch_up(self) -> str:
        """Take what the lab has written so far; return what went wrong with it, "" for nothing."""
        try:
            there = sum(1 for _ in self._lab.syslog()) - self._skip
        except LabError as error:
            return f"the syslog cannot be read: {error}"
        with self._changed:
            self._changed.wait_for(lambda: len(self._lines) >= there or self._failed, _CATCH_UP_S)
            missing = there - len(self._lines)
        if self._failed:
            return f"the syslog could not be read to its end: {self._failed}"
        return f"{missing} lines of the syslog have not come in time" if missing > 0 else ""
