"""Evidence that is not what it should be: a page that says so, and never a traceback."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import report
from lab.evidence.verdict import Verdict
from lab.report import page
from lab.report.reading import read
from tests import made_evidence as made
from tests.unit.lab.report.test_reading import ANY_TIME

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=4,
)


def changed(kind: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the events with one of them changed."""
    events = made.as_json(made.half_open())
    next(one for one in events if one["kind"] == kind).update(fields)
    return events


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (changed("call", began_ns="soon"), "events.jsonl is damaged: 1 event is left out."),
        (changed("call", arguments=[None]), "events.jsonl is damaged"),
        (changed("fault_off", counters={"acted_packets": {"a": None}}), "1 event is left out"),
        (changed("fault_on", time_ns=None), "events.jsonl ends early"),
        (changed("syslog", time_ns="1"), "events.jsonl ends early"),
    ],
)
def test_damaged_event_is_said_to_be_left_out(
    tmp_path: Path, events: list[dict[str, Any]], said: str
) -> None:
    run = read(made.write(tmp_path, events))
    assert said in "\n".join(run.missing)
    assert run.verdict is Verdict.UNKNOWN
    assert page.render(run)


@pytest.mark.parametrize(
    "events",
    [
        changed("host_up", addresses=None),
        changed("host_up", addresses=True),
        changed("start", hosts=7),
        changed("fault_on", links=7),
        changed("end", errors=[["x"]]),
        changed("start", seed="x", time_ns=10**30),
    ],
)
def test_damage_beside_the_story_gives_a_page(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    assert report.write(made.write(tmp_path, events)).exists()


def test_half_of_a_surrogate_pair_is_written_as_its_escape(tmp_path: Path) -> None:
    events = made.half_open(message="a\ud800b")
    text = report.write(made.write(tmp_path, events)).read_text(encoding="utf-8")
    assert '"a\\ud800b"' in text


@pytest.mark.parametrize("late", [b"5..1", b"....", b"1e99"])
def test_lateness_that_is_no_number_gives_a_page(tmp_path: Path, late: bytes) -> None:
    at_ms, sent, _ = made.handshake()[0]
    whole = made.capture([(at_ms, sent, made.late(5.01))])
    folder = made.write(tmp_path)
    (folder / "wire.pcapng").write_bytes(whole.replace(b"5.01", late))
    (packet,) = read(folder).packets
    assert "late" in packet.fates
    assert page.render(read(folder))


@settings(max_examples=100, **ANY_TIME)
@given(data=st.data(), junk=JUNK)
def test_any_field_of_any_event_may_be_anything(
    tmp_path: Path, data: st.DataObject, junk: Any
) -> None:
    events = made.as_json(made.half_open())
    event = events[data.draw(st.integers(0, len(events) - 1))]
    event[data.draw(st.sampled_from(sorted(event)))] = junk
    assert page.render(read(made.write(tmp_path, events)))
