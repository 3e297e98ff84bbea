"""From files to facts: what is there is shown, what is missing is said, and nothing is guessed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.evidence.events import CallStarted, FaultOn, Start, StepsEnded, SyslogLine
from lab.evidence.verdict import Verdict
from lab.report import page
from lab.report.model import Run
from lab.report.reading import read
from tests import made_evidence as made

# A busy machine is slow; the folder is written anew for each example.
ANY_TIME: Any = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return read(made.write(tmp_path / "made" / "001"))


def test_run_has_all_that_the_files_have(run: Run) -> None:
    assert run.verdict is Verdict.PASS
    assert run.missing == ()
    assert (run.name, run.seed, run.engine) == ("made", 7, "namespaces")
    assert run.hosts == ("client", "server")  # who connects is on the left
    assert [(call.host, call.name, call.about, call.result) for call in run.calls] == [
        ("server", "listen", ":21567", "ok"),
        ("client", "connect", "server:21567", "ok"),
        ("client", "recv", "", "has not returned"),
    ]
    assert [packet.fate for packet in run.packets] == [*["delivered"] * 3, "dropped"]
    (fault,) = run.faults
    assert (fault.what, fault.acted) == ("drop (tcp syn)", 1)
    assert run.packets[3].fault == "outage"
    assert run.packets[3].delivered_ns is None
    assert [log.message for log in run.logs] == ["hello"]


def test_fault_for_a_time_ends_then(tmp_path: Path) -> None:
    events = made.changed(made.half_open(), FaultOn, for_s=0.5)
    (fault,) = read(made.write(tmp_path, events)).faults
    assert fault.off_ns == fault.on_ns + 500_000_000


def test_call_that_was_begun_and_never_collected_is_there(tmp_path: Path) -> None:
    events = made.half_open()
    begun = made.at(12, CallStarted(name="later", host="client", call="recv"))
    events.insert(-1, begun)
    assert [
        call.began_ns for call in read(made.write(tmp_path, events)).calls if call.step is None
    ] == [begun.time_ns]


def test_log_lines_of_the_labs_own_end_are_left_out(tmp_path: Path) -> None:
    events = made.half_open()
    line = SyslogLine(host="server", ident="tcp", pid=7, message="ended")
    events[-1:-1] = [made.at(1041, StepsEnded()), made.at(1042, line)]
    run = read(made.write(tmp_path, events))
    assert [log.message for log in run.logs] == ["hello"]
    assert run.notes[-1].text.startswith("the steps are over")


def test_packets_of_the_kernels_own_are_counted_and_left_out(tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    path = folder / "wire.pcapng"
    link, none = b'"from":"client","to":"server","kind"', b'"from":"","to":"","kind"'
    path.write_bytes(path.read_bytes().replace(link, none.rjust(len(link))))
    assert (len(read(folder).packets), read(folder).background) == (3, 1)


# --- damage


def cut(path: Path, bytes_: int) -> None:
    path.write_bytes(path.read_bytes()[:-bytes_])


def test_capture_that_is_cut_short_is_unknown_and_says_so(tmp_path: Path) -> None:
    folder = made.write(tmp_path)
    cut(folder / "wire.pcapng", 200)
    run = read(folder)
    assert run.verdict is Verdict.UNKNOWN
    assert run.missing == (
        "The capture is not whole: wire.pcapng: cut short: ends within a block.",
    )
    assert run.packets


def test_no_statistics_at_the_end_is_not_whole(tmp_path: Path) -> None:
    run = read(made.write(tmp_path, whole=False))
    assert "no statistics at its end" in run.missing[0]
    assert len(run.packets) == 4


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("wire.pcapng", "There is no capture of the packets"),
        ("events.jsonl", "There is no events.jsonl"),
        ("scenario.yaml", "There is no readable scenario.yaml"),
    ],
)
def test_missing_file_is_said_and_never_passes(tmp_path: Path, file: str, said: str) -> None:
    folder = made.write(tmp_path)
    (folder / file).unlink()
    run = read(folder)
    assert any(one.startswith(said) for one in run.missing)
    assert run.verdict is Verdict.UNKNOWN
    assert page.render(run)


def test_recorded_verdict_does_not_pass_what_is_damaged(tmp_path: Path) -> None:
    events = made.changed(made.half_open(), Start, test="tests/test_x.py::test_half_open")
    folder = made.write(tmp_path, events, scenario=None)
    (folder / "verdict.json").write_text(json.dumps({"verdict": "PASS", "judgements": []}))
    assert read(folder).verdict is Verdict.PASS
    cut(folder / "wire.pcapng", 200)
    assert read(folder).verdict is Verdict.UNKNOWN


@settings(max_examples=30, **ANY_TIME)
@given(data=st.data())
def test_any_cut_of_any_file_gives_a_page(tmp_path: Path, data: st.DataObject) -> None:
    folder = made.write(tmp_path)
    for name in ("wire.pcapng", "events.jsonl"):
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    if not (folder / "events.jsonl").read_bytes().count(b"\n"):
        return
    run = read(folder)
    assert run.missing or run.verdict is Verdict.PASS
    assert page.render(run)


@settings(max_examples=20, **ANY_TIME)
@given(data=st.data())
def test_any_event_without_one_of_its_fields_gives_a_page(
    tmp_path: Path, data: st.DataObject
) -> None:
    events = made.as_json(made.half_open())
    event = events[data.draw(st.integers(1, len(events) - 1))]
    key = data.draw(st.sampled_from(sorted(set(event) - {"kind", "time_ns"})))
    del event[key]
    assert page.render(read(made.write(tmp_path, events)))


@settings(max_examples=30, **ANY_TIME)
@given(data=st.data())
def test_any_byte_changed_in_the_capture_gives_a_page(tmp_path: Path, data: st.DataObject) -> None:
    folder = made.write(tmp_path)
    path = folder / "wire.pcapng"
    torn = bytearray(path.read_bytes())
    torn[data.draw(st.integers(0, len(torn) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(torn)
    assert page.render(read(folder))


def test_run_of_a_test_says_how_to_run_it_again(tmp_path: Path) -> None:
    test = "tests/test_x.py::test_half_open[a b]"
    events = made.changed(made.half_open(), Start, test=test)
    judgement = {"line": 3, "what": test, "expected": "passes", "found": "oh"}
    folder = made.write(tmp_path, events, scenario=None)
    verdict = {"verdict": "FAIL", "judgements": [judgement | {"verdict": "FAIL"}]}
    (folder / "verdict.json").write_text(json.dumps(verdict))
    run = read(folder)
    assert run.command == "pytest 'tests/test_x.py::test_half_open[a b]' --lab-engine namespaces"
    assert run.missing == ()
    assert "The test failed: oh" in page.render(run)


def test_seed_that_is_no_number_is_damage_and_in_no_command(tmp_path: Path) -> None:
    events = made.as_json(made.half_open())
    events[0] |= {"seed": "1; rm -r x"}
    run = read(made.write(tmp_path, events))
    assert run.command == ""
    assert "events.jsonl is damaged: 1 event is left out." in run.missing


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({"engine": "1; rm -r x"}, "lab run made.yaml --seed 7 --engine '1; rm -r x'"),
        ({"engine": "a b"}, "lab run made.yaml --seed 7 --engine 'a b'"),
        ({"path": "of/a b.yaml"}, "lab run 'a b.yaml' --seed 7 --engine namespaces"),
    ],
)
def test_command_that_is_copied_into_a_shell_is_quoted(
    tmp_path: Path, fields: dict[str, Any], command: str
) -> None:
    events = made.changed(made.half_open(), Start, **fields)
    assert read(made.write(tmp_path, events)).command == command


def test_run_ends_with_its_steps_not_with_what_the_lab_does_after_them(tmp_path: Path) -> None:
    events = made.half_open()
    events.insert(-1, made.at(1041, StepsEnded()))
    run = read(made.write(tmp_path, events))
    assert run.ended_ns == made.BEGAN_NS + 1_041_000_000


def test_log_line_with_a_line_separator_leaves_a_good_run_good(tmp_path: Path) -> None:
    folder = made.write(tmp_path, made.half_open("hel\u2028lo\x85"))
    run = read(folder)
    assert (run.verdict, run.logs[0].message) == (Verdict.PASS, "hel\u2028lo\x85")
