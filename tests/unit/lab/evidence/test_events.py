"""The file of events: what is written into it is read out of it, up to where it is damaged."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.evidence.digests import FileDigest
from lab.evidence.event_file import FILE, Recorder, event_of, line_of, read
from lab.evidence.events import (
    FORMAT,
    KINDS,
    Damaged,
    End,
    Event,
    Start,
    SyslogLine,
    Unknown,
)
from tests import made_evidence as made

START = Start(
    time_ns=1,
    title="made",
    path="made.yaml",
    engine="namespaces",
    kernel="6.1",
    python="3.11",
    socket_lab="0",
    hosts=("server",),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=4,
)
OBJECT = st.dictionaries(st.text(max_size=3), JSON, max_size=2)
# What hypothesis cannot know of: JSON, and fields that go together.
# What a file may have; beyond it is damage.
NUMBERS = st.integers(-(1 << 63), 1 << 63)
st.register_type_strategy(int, NUMBERS)
VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "call": {
        "arguments": OBJECT,
        "result": JSON,
        "ended_ns": st.none() | NUMBERS,
        "began_ns": NUMBERS,
    },
    "call_started": {"arguments": OBJECT},
    "fault_on": {"asked": OBJECT},
    "input": {"data": JSON},
    "program": {"ended_ns": st.none(), "exit_status": st.none()},
    "sysctl": {"values": OBJECT, "before": OBJECT},
}


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
    (tmp_path / FILE).write_bytes(made.event_lines([whole, whole | damage, whole]))
    assert read(tmp_path) == [
        SyslogLine(time_ns=1, host="server", message="x"),
        Damaged(time_ns=1, kind="it", line=2, text="it is no event", is_altered=True),
    ]


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(sorted(KINDS)).flatmap(
        lambda kind: st.builds(KINDS[kind], **VALUES.get(kind, {}))
    )
)
def test_every_event_is_read_as_it_was_written(event: Event) -> None:
    event = replace(event, time_ns=event.time_ns or 1)
    again = event_of(json.loads(line_of(event)))
    assert again == event
    assert type(again) is type(event)


def test_what_only_a_later_version_has_is_left_out(tmp_path: Path) -> None:
    start = json.loads(line_of(START))
    lines: list[dict[str, Any]] = [
        {**start, "format": FORMAT + 1, "weather": "fine"},
        {"kind": "tide", "time_ns": 2, "height_m": 3},
        {"kind": "end", "time_ns": 3, "errors": [], "mood": None},
    ]
    (tmp_path / FILE).write_bytes(made.event_lines(lines))
    assert read(tmp_path) == [
        replace(START, format=FORMAT + 1),
        Unknown(time_ns=2, kind="tide"),
        End(time_ns=3, events=3, capture=FileDigest().result()),
    ]


def test_a_kind_that_this_version_has_not_is_damage_in_its_own_files(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(made.event_lines([START, {"kind": "tide", "time_ns": 2}]))
    assert read(tmp_path) == [
        START,
        Damaged(time_ns=2, kind="tide", line=2, text="there is no such kind"),
    ]


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        ({"errors": "x"}, "errors: 'x' is no list"),
        ({"errors": [7]}, "errors: 7 is no str"),
        ({"kind": "syslog", "host": "a"}, "no message"),
        ({"kind": "syslog", "host": "a", "message": "", "pid": True}, "pid: True is no int"),
        (
            {"kind": "wait", "held": True, "count": 1, "unit": 7},
            "unit: 7 is no str",
        ),
        (
            {"kind": "call", "host": "a", "call": "recv", "raised": {"errno": 7}},
            "raised: no name",
        ),
        (
            {"kind": "call", "host": "a", "call": "recv", "ended_ns": 7},
            "it has ended, and not begun",
        ),
    ],
)
def test_damage_is_named(tmp_path: Path, damage: dict[str, Any], text: str) -> None:
    lines = made.event_lines([START, {"kind": "end", "time_ns": 2, **damage}])
    (tmp_path / FILE).write_bytes(lines)
    _, found = read(tmp_path)
    assert isinstance(found, Damaged)
    assert found.text == text


def test_an_event_has_the_time_of_its_writing_or_its_own(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    before_ns = time.time_ns()
    written = recorder.write(SyslogLine(host="server", message="x"))
    own = recorder.write(End(time_ns=7))
    recorder.close()
    assert before_ns <= written.time_ns <= time.time_ns()
    assert own.time_ns == 7
    assert read(tmp_path) == [written, own]
