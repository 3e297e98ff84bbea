"""What hosts print as events: bounded, and what is missing is said."""

import pytest

from lab.evidence import output
from lab.evidence.events import Event, HostOutput, OutputCut
from lab.evidence.output import OutputRecorder
from lab.model import PrintedLine


def line(number: int, lost_bytes: int = 0) -> PrintedLine:
    return PrintedLine("pg", "stderr", f"{number:09}", number, lost_bytes)


def recorded(*lines: PrintedLine) -> list[Event]:
    found: list[Event] = []
    recorder = OutputRecorder("pg", found.append)
    recorder.take(lines)
    recorder.finish()
    recorder.finish()
    return found


def test_each_line_is_an_event_with_its_own_time() -> None:
    assert recorded(line(1), line(2)) == [
        HostOutput(host="pg", stream="stderr", time_ns=1, text="000000001"),
        HostOutput(host="pg", stream="stderr", time_ns=2, text="000000002"),
    ]


def test_of_very_many_lines_the_first_and_the_last_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "_MOST_CHARACTERS", 100)
    monkeypatch.setattr(output, "_LAST_LINES", 3)
    found = recorded(*map(line, range(50)))
    assert [one.time_ns for one in found if isinstance(one, HostOutput)] == [*range(10), 47, 48, 49]
    (cut,) = [one for one in found if isinstance(one, OutputCut)]
    assert (cut.host, cut.missing_lines) == ("pg", 37)
    assert output.missing(found, ["pg"]) == "37 lines of what pg printed are not kept"
    assert output.missing(found, ["other"]) == ""


def test_what_the_engine_has_lost_is_said() -> None:
    found = recorded(line(1), line(2, lost_bytes=700))
    assert [type(one) for one in found] == [HostOutput, OutputCut, HostOutput]
    assert output.missing(found, ["pg"]) == "700 bytes of what pg printed are not kept"


def test_only_few_lines_more_than_there_is_room_for_are_all_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "_MOST_CHARACTERS", 100)
    found = recorded(*map(line, range(12)))
    assert [type(one) for one in found] == [HostOutput] * 12
