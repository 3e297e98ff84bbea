"""The evidence of a test has the end of its capture, when that is whole; the lab is a stand-in."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from lab.api.run_log import RunLog
from lab.errors import EvidenceError
from lab.evidence import event_file
from lab.evidence.events import CaptureEnded, End, FileContent, Start

WHOLE = FileContent(size_bytes=1, digest="00")


class StandInCapture(AbstractContextManager["StandInCapture"]):
    """A capture that is whole when it has ended, or whose end fails."""

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole
        self.digest: FileContent | None = None
        self.captured = self
        self.event = CaptureEnded(ended_early=("server",))

    def __exit__(self, *_exception: object) -> None:
        if not self._is_whole:
            raise EvidenceError("the file takes no more")
        self.digest = WHOLE


class StandInLab:
    """A lab that captures."""

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole

    def capture(self, *_to: object, **_how: object) -> StandInCapture:
        return StandInCapture(is_whole=self._is_whole)


@pytest.mark.parametrize("is_whole", [True, False])
def test_who_begins_the_capture_writes_its_end(tmp_path: Path, is_whole: bool) -> None:
    run_log = RunLog(
        tmp_path, engine="namespaces", title="a test", path=tmp_path, hosts=["server"], test="t"
    )
    lab: Any = StandInLab(is_whole=is_whole)
    run_log.capture(lab)
    run_log.finish()
    start, *between, end = event_file.read(tmp_path)
    assert isinstance(start, Start)
    assert isinstance(end, End)
    ends = [one.ended_early for one in between if isinstance(one, CaptureEnded)]
    assert ends == [("server",)] * is_whole
    assert len(between) == len(ends)
    assert end.capture == (WHOLE if is_whole else None)
    assert end.errors == (() if is_whole else ("the file takes no more",))
