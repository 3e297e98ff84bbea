"""Faults of the calls of programs on the page: a band, counters, and the calls that they failed."""

from pathlib import Path
from typing import Any

import pytest

from lab.evidence.events import CallFaultOff, CallFaultOn, End, Event
from lab.report import call_fault_text
from lab.report.entries import Kind
from lab.report.facts import facts
from lab.report.legend import legend
from lab.report.model import Run
from lab.report.payload import payload
from lab.report.picture import draw
from lab.report.reading import read
from lab.report.touched import touched
from lab.report.traced_call import FoldedCalls
from tests import made_evidence as made
from tests.made_traces import UNIX, polled, traced

TO = {"addr": "198.18.67.2:21567"}
ASKED = {"call": "connect", "peer": "server", "nth": 3, "errno": "ETIMEDOUT"}
FAILED: dict[str, Any] = {"error": "ETIMEDOUT", "fault": "client/call/1", "arguments": TO}
WORDS = "connect fails with ETIMEDOUT (peer server, nth 3)"


def fault_on(at_ms: float, **more: Any) -> Event:
    fields = {"name": "third", "host": "client", "fault": "client/call/1", "asked": ASKED, **more}
    return made.at(at_ms, CallFaultOn(**fields))


def fault_off(at_ms: float, acted: int, **more: Any) -> Event:
    fields = {"name": "third", "host": "client", "matched_calls": 4, "acted_calls": acted, **more}
    return made.at(at_ms, CallFaultOff(**fields))


def run_of(folder: Path, events: list[Event], packets: Any = ()) -> Run:
    program = made.program(90, ["curl", "x"], began_ms=2, host="client")
    whole = [*made.start(), *events, program, made.at(95, End())]
    return read(made.write(folder, whole, packets, scenario=None))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (ASKED, WORDS),
        (
            {"call": "send", "count": 5, "protocol": "tcp"},
            "send moves at most 5 bytes (protocol tcp)",
        ),
        ({"call": "send", "count": 1}, "send moves at most 1 byte"),
        ({"call": "recv", "delay_ms": 50.0, "force": True}, "recv begins 50 ms later"),
        ({"call": "recv", "delay_ms": "x"}, "recv"),
        ({"call": "recv"}, "recv"),
    ],
)
def test_words(asked: dict[str, Any], words: str) -> None:
    assert call_fault_text.in_words(asked) == words


def test_it_has_a_band_its_counters_and_the_call_that_it_failed(tmp_path: Path) -> None:
    calls = [traced(5, "connect", arguments=TO), traced(7, "connect", **FAILED)]
    run = run_of(tmp_path, [fault_on(3), *calls, fault_off(30, 1, step=None)])
    (fault,) = run.faults
    assert (fault.what, fault.host, fault.acted, fault.matched) == (WORDS, "client", 1, 4)
    picture = draw(run)
    (shade,) = [one for one in picture.spans if one.kind == "shade"]
    assert (shade.words, shade.first, shade.last) == (f"third: {WORDS}", "f0", "f0e")
    lane = picture.lanes.x("client")
    assert lane is not None
    assert shade.x1 < lane < shade.x2
    whole = {row.key: row.whole or row.spoken for row in picture.rows}
    assert whole["x1"] == "connect server:21567 \N{RIGHTWARDS ARROW} ETIMEDOUT by fault third"
    assert whole["f0"].endswith(f"client: fault third: {WORDS}")
    assert whole["f0e"].endswith("fault third lifted: it acted on 1 call")
    assert "by" not in whole["x0"]
    assert {"fault", "by"} <= set(legend(run, picture))
    data = payload(run, picture)
    assert data["acted"] == {"f0": ("x1",)}
    assert [key for key in data["touched"] if key[0] == "x"] == ["x1"]
    assert ("Fault", "third; the call was not made") in data["details"]["x1"]
    assert ("Acted on", "1 call") in data["details"]["f0"]
    assert ("Matched", "4 calls") in data["details"]["f0"]


def test_the_table_has_it_and_its_calls(tmp_path: Path) -> None:
    run = run_of(tmp_path, [fault_on(3), traced(7, "connect", **FAILED), fault_off(30, 1)])
    lines = [(one.kind, one.where, one.what, one.came) for one in facts(run)]
    assert ("fault", "client", f"third: {WORDS}", "") in lines
    assert ("fault lifted", "client", "third", "acted on 1 call") in lines
    assert ("connect server:21567", "ETIMEDOUT by fault third") in [one[2:] for one in lines]


def test_one_that_never_acted_says_so(tmp_path: Path) -> None:
    run = run_of(tmp_path, [fault_on(3), fault_off(30, 0)])
    row = next(row for row in draw(run).rows if row.kind is Kind.FAULT_OFF)
    assert row.spoken.endswith("it never acted")
    assert "never acted" in [one.came for one in facts(run)]


def test_counters_that_are_lost_are_not_shown(tmp_path: Path) -> None:
    run = run_of(tmp_path, [fault_on(3), fault_off(30, 0, error="its tracer has ended")])
    assert (run.faults[0].acted, run.faults[0].off_ns is None) == (None, False)


def test_a_call_that_was_not_made_has_no_packets(tmp_path: Path) -> None:
    calls = [
        traced(2, "connect", ms=0.5, socket=None, **FAILED),
        traced(2.8, "connect", ms=3, arguments=TO),
    ]
    run = run_of(tmp_path, [fault_on(1), *calls], made.handshake()[:3])
    assert [len(one.packets) for one in run.traced] == [0, 3]


def test_calls_that_a_fault_failed_are_folded_apart(tmp_path: Path) -> None:
    local: dict[str, Any] = {"socket": UNIX, "arguments": {"addr": "/run/nscd"}, "error": "ENOENT"}
    calls = [polled(5 + n) for n in range(3)] + [polled(9, fault="client/call/1", error="EINTR")]
    calls += [traced(20 + n, "connect", **local) for n in range(2)]
    calls += [traced(23, "connect", **(local | {"fault": "client/call/1"}))]
    run = run_of(tmp_path, [fault_on(1), *calls])
    assert [len(one.calls) for one in run.traced] == [3, 1, 2, 1]
    assert [isinstance(one, FoldedCalls) for one in run.traced] == [True, False, True, False]
    assert [one.is_failed for one in run.traced] == [False, True, False, True]
    assert touched(run) == ("x3", "x6")


def test_a_host_that_began_again_counts_its_faults_anew(tmp_path: Path) -> None:
    events = [
        fault_on(1, name="old"),
        traced(5, "connect", **FAILED),
        fault_off(8, 1, name="old"),
        fault_on(10, name="new"),
        traced(15, "connect", **FAILED),
        fault_off(20, 1, name="new"),
    ]
    run = run_of(tmp_path, events)
    assert [one.fault for one in run.traced] == ["old", "new"]
    assert payload(run, draw(run))["acted"] == {"f0": ("x0",), "f1": ("x1",)}


def test_a_fault_that_no_event_has_is_named_by_its_id(tmp_path: Path) -> None:
    run = run_of(tmp_path, [traced(5, "connect", **FAILED)])
    assert run.traced[0].fault == "client/call/1"
    assert payload(run, draw(run))["acted"] == {}
