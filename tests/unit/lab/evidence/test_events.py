"""The file of events: what is written into it is read out of it, up to where it is damaged."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.evidence.event_file import FILE, Recorder, read
from lab.evidence.events import End, SyslogLine


def recorded(folder: Path, *messages: str) -> list[str]:
    recorder = Recorder(folder)
    for message in messages:
        recorder.write(SyslogLine(host="server", message=message))
    recorder.write(End())
    recorder.close()
    *found, last = read(folder)
    assert isinstance(last, End)
    return [event.message for event in found if isinstance(event, SyslogLine)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text()))
def test_any_text_is_read_as_it_was_written(tmp_path: Path, messages: list[str]) -> None:
    assert recorded(tmp_path, *messages) == messages


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\ud800", "\\\ud800"])
def test_a_sign_that_ends_lines_elsewhere_ends_none_here(tmp_path: Path, sign: str) -> None:
    assert recorded(tmp_path, f"a{sign}b", "c") == [f"a{sign}b", "c"]


@pytest.mark.parametrize(
    "damage", [{"time_ns": "1"}, {"time_ns": None}, {"kind": 7}, {"kind": None}]
)
def test_what_comes_after_an_event_without_its_time_or_kind_is_not_known(
    tmp_path: Path, damage: dict[str, Any]
) -> None:
    whole = {"kind": "syslog", "time_ns": 1, "host": "server", "message": "x"}
    lines = [json.dumps(one) for one in (whole, whole | damage, whole)]
    (tmp_path / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read(tmp_path) == [SyslogLine(time_ns=1, host="server", message="x")]
