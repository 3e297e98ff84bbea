"""Folders that version 1 of the format has left: judged and shown as then.

`tests/data/format-1` has what was left by a scenario with a step of every kind, by one that failed
with a host that died, and by a test that failed.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lab.checks import programs
from lab.evidence import event_file, events, summary
from lab.evidence.events import Damaged, Unknown
from lab.report import page
from lab.report.reading import read
from lab.runner import run
from tests import made_evidence as made

FOLDERS = Path(__file__).parents[3] / "data" / "format-1"
MANY_KINDS, FAILS, TEST = (FOLDERS / name for name in ("many-kinds", "fails", "failed-test"))


@pytest.mark.parametrize("folder", [MANY_KINDS, FAILS, TEST], ids=lambda path: path.name)
def test_every_event_is_read(folder: Path) -> None:
    found = event_file.read(folder)
    assert [one for one in found if isinstance(one, Damaged | Unknown)] == []
    assert isinstance(found[0], events.Start)
    assert found[0].format == events.FORMAT
    assert isinstance(found[-1], events.End)


@pytest.mark.parametrize("folder", [MANY_KINDS, FAILS], ids=lambda path: path.name)
def test_its_verdict_is_what_it_was(folder: Path) -> None:
    outcome = run.verify(folder)
    then = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert outcome.verdict == then["verdict"]
    judgements = [
        {key: getattr(one, key) for key in ("line", "what", "expected", "found", "verdict", "step")}
        for one in outcome.judgements
    ]
    assert judgements == then["judgements"]
    assert (outcome.scenario, outcome.seed) == (then["scenario"], then["seed"])
    assert outcome.took_s == pytest.approx(then["took_s"])


@pytest.mark.parametrize("folder", [MANY_KINDS, FAILS, TEST], ids=lambda path: path.name)
def test_its_page_misses_nothing(folder: Path) -> None:
    found = read(folder)
    assert found.missing == ()
    assert found.calls or folder is FAILS
    assert page.render(found)


def test_its_faults_are_those_that_there_were(tmp_path: Path) -> None:
    folder = shutil.copytree(MANY_KINDS, tmp_path / "001")
    faults = {one.name: one for one in read(folder).faults}
    assert list(faults) == ["loss", "freeze", "slow"]
    assert (faults["loss"].acted, faults["loss"].matched) == (1, 2)
    assert faults["loss"].links == (("client", "server"),)
    assert faults["loss"].said == "server/2: drop tcp=syn first=1"
    assert (faults["freeze"].host, faults["freeze"].to_end) == ("server", False)
    assert faults["slow"].to_end


def test_a_program_that_was_never_collected_is_shown_as_far_as_it_got() -> None:
    assert "program sh -c echo begun; sleep 60 on server: has not ended" in list(
        programs.lines(event_file.read(MANY_KINDS), begun=True)
    )
    assert summary.lines(MANY_KINDS)


def test_last_lines_of_a_host_that_died_are_shown() -> None:
    assert list(programs.lines(event_file.read(FAILS))) == [
        "the last lines of printer (exited):",
        *("  up", "  again", "  oops", "  dead"),
    ]


START = (MANY_KINDS / event_file.FILE).read_text(encoding="utf-8").splitlines()[0]
V1 = {"kind": "", "time_ns": made.BEGAN_NS}
CUT = {**V1, "kind": "output_cut", "host": "pg"}
CALL: dict[str, Any] = {**V1, "kind": "call", "step": 2, "host": "client", "call": "recv"}


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({**CUT, "lines": 7}, events.OutputCut(host="pg", missing_lines=7)),
        ({**CUT, "bytes": 700}, events.OutputCut(host="pg", missing_bytes=700)),
        (
            {**V1, "kind": "output_trouble", "host": "pg", "text": "x"},
            events.OutputError(host="pg", text="x"),
        ),
        ({**V1, "kind": "syslog_trouble", "text": "x"}, events.SyslogError(text="x")),
        ({**V1, "kind": "lacking", "text": "x"}, events.MissingProgram(text="x")),
        ({**V1, "kind": "note", "text": "x"}, events.Notice(text="x")),
        ({**V1, "kind": "error", "step": 3, "text": "x"}, events.StepError(step=3, text="x")),
        ({**V1, "kind": "end", "troubles": ["x"]}, events.End(errors=("x",))),
        (
            {**CALL, "arguments": {"socket": "c"}, "pending": True, "cut": True, "text": "x"},
            events.CallOutcome(
                step=2,
                host="client",
                call="recv",
                arguments={"socket": "c"},
                error="x",
                interrupted=True,
            ),
        ),
        (
            {**V1, "kind": "fault_off", "name": "a", "acted_packets": 3, "lost": True},
            events.FaultOff(
                name="a", counters=events.FaultCounters(acted_packets=3), counters_lost=True
            ),
        ),
        (
            {**V1, "kind": "fault_off", "name": "a", "ended": "with its host"},
            events.FaultOff(name="a", error="with its host"),
        ),
        (
            {**V1, "kind": "host", "name": "connect", "host": "h", "done": "connect"},
            events.HostFaultOff(name="disconnect", host="h"),
        ),
        (
            {
                **V1,
                "kind": "input",
                "name": "p",
                "host": "h",
                "data": None,
                "bytes": 0,
                "cut": True,
            },
            events.ProgramInput(name="p", host="h", size_bytes=0, interrupted=True),
        ),
    ],
)
def test_what_is_rare_is_read_too(
    tmp_path: Path, fields: dict[str, Any], event: events.Event
) -> None:
    (tmp_path / event_file.FILE).write_text(f"{START}\n{json.dumps(fields)}\n", encoding="utf-8")
    _, found = event_file.read(tmp_path)
    assert event_file.line_of(found) == event_file.line_of(event).replace(
        '"time_ns": 0', f'"time_ns": {made.BEGAN_NS}'
    )


@pytest.mark.parametrize(
    "damage",
    [
        {**CALL, "gave": None},  # neither pending nor ended
        {**V1, "kind": "wait", "step": 1, "held": True, "found": "some"},
        {**V1, "kind": "host", "name": "a"},
        {**V1, "kind": "fault_on", "name": "a", "impairment": "drop", "links": 7},
        {**V1, "kind": "nothing_known"},
    ],
)
def test_what_is_damaged_is_said_to_be(tmp_path: Path, damage: dict[str, Any]) -> None:
    (tmp_path / event_file.FILE).write_text(f"{START}\n{json.dumps(damage)}\n", encoding="utf-8")
    _, found = event_file.read(tmp_path)
    assert isinstance(found, Damaged)
    assert (found.kind, found.line) == (damage["kind"], 2)
