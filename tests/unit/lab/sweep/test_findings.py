"""What is found is said in a sentence, and written as a scenario that passes once it is mended."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab.scenario.of_programs import OfPrograms
from lab.scenario.reader import read
from lab.sweep import files, regression
from lab.sweep.faults import CallFault, FaultKind, PacketFault
from lab.sweep.findings import Finding, findings
from lab.sweep.outcomes import OutcomeKind
from lab.sweep.subject import FileSubject, ProgramsSubject
from lab.sweep.sweep import Result, Trial
from tests.unit.lab.sweep.made import position, trial

DROP, CUT, DELAY = FaultKind.DROP, FaultKind.CUT, FaultKind.DELAY
SUBJECT = ProgramsSubject(OfPrograms(servers={"server": "./server"}, client="./client"))
OUTPUTS = {("client", "1"): "paid (42)\n", ("server", "server-program"): "paid 1\npaid 1\n"}


def found(*trials: Trial, **more: object) -> list[Finding]:
    return findings(Result(trials=list(trials), **more), trials)  # type: ignore[arg-type]


def test_trials_that_fail_alike_are_one_finding() -> None:
    trials = [trial(fault=PacketFault(DROP, position(number))) for number in (3, 1, 2)]
    (one,) = found(*trials)
    text = "losing the 1st, 2nd or 3rd data segment of client -> server hangs the client"
    assert one.sentence == text
    assert one.proof == "seen once"


def test_many_numbers_are_not_all_named() -> None:
    trials = [trial(fault=PacketFault(DROP, position(number))) for number in range(1, 10)]
    (one,) = found(*trials)
    assert "1st, 2nd, 3rd, 4th, 5th, 6th and 3 more data segment of" in one.sentence


def test_another_outcome_or_another_fault_is_another_finding() -> None:
    trials = [
        trial(),
        trial(OutcomeKind.CRASH, PacketFault(DROP, position(2))),
        trial(fault=PacketFault(CUT, position())),
    ]
    # The worst is first.
    assert [one.kind for one in found(*trials)] == ["hang", "hang", "crash"]


def test_it_is_about_the_smallest_fault_that_breaks() -> None:
    first = trial(fault=PacketFault(DELAY, position(), 7500))
    smaller = trial(fault=PacketFault(DELAY, position(), 3200), detail="after 3.2 s")
    assert first.fault
    assert smaller.fault
    (one,) = found(
        first, smallest={first.fault.key: smaller}, confirmed={smaller.fault.key: (5, 5)}
    )
    assert one.sentence.endswith("segment of client -> server on by 3.2 s or more hangs the client")
    assert (one.detail, one.proof, one.is_flaky) == ("after 3.2 s", "5 of 5 times", False)


def test_what_does_not_come_every_time_is_flaky() -> None:
    first = trial()
    assert first.fault
    (one,) = found(first, confirmed={first.fault.key: (2, 5)})
    assert one.is_flaky
    assert one.proof == "flaky: 2 of 5 times"


def test_errnos_of_a_call_are_one_finding() -> None:
    trials = [
        trial(OutcomeKind.CRASH, CallFault("client", "recvfrom", "tcp", 1, errno=name))
        for name in ("EINTR", "ECONNRESET")
    ]
    (one,) = found(*trials)
    text = "EINTR or ECONNRESET from the 1st recvfrom of client (tcp) crashes the client"
    assert one.sentence == text


@pytest.mark.parametrize(
    ("kind", "program", "expected"),
    [
        (OutcomeKind.HANG, "client", "exit: any, within: 30s}"),
        (OutcomeKind.CRASH, "client", "errors_match:"),
        (OutcomeKind.WRONG_OUTPUT, "client", r"(?:paid\\ \\(42\\)\\\n)?\\Z"),
        (OutcomeKind.ERROR, "client", r'exit: 0, output: "paid (42)\n"'),
        (OutcomeKind.DEAF, "client", r'exit: 0, output: "paid (42)\n"'),
        (OutcomeKind.CRASH, "server", "{collect: server-program, blocks: 100ms}"),
        (OutcomeKind.WRONG_OUTPUT, "server", "{3})"),
    ],
)
def test_a_finding_is_a_scenario_whose_fault_must_act(
    kind: OutcomeKind, program: str, expected: str, tmp_path: Path
) -> None:
    (one,) = found(trial(kind, program=program))
    text = regression.text(SUBJECT, one, OUTPUTS, tmp_path)
    assert text is not None
    assert expected in text
    assert "may_idle" not in text
    assert read(tmp_path / "x.yaml", text=text).title == one.sentence


def test_nothing_says_what_a_program_without_floods_does(tmp_path: Path) -> None:
    (one,) = found(trial(OutcomeKind.FLOOD, program=""))
    assert regression.text(SUBJECT, one, OUTPUTS, tmp_path) is None


def test_the_scenario_of_a_file_stands_elsewhere_and_means_the_same(tmp_path: Path) -> None:
    scenario = tmp_path / "own.yaml"
    scenario.write_text(
        "title: x\nshows: y\nhosts: [server, client]\nfolder: programs # mine\nsteps:\n"
        "  # first of all\n  - {on: client, run: [./client], exit: 3}\n"
    )
    (tmp_path / "programs").mkdir()
    into = tmp_path / "results" / "findings"
    into.mkdir(parents=True)
    (one,) = found(trial())
    text = regression.text(FileSubject(scenario), one, {}, into)
    assert text is not None
    moved = read(into / "x.yaml", text=text)
    assert moved.folder == tmp_path / "programs"
    assert [step.VERB for step in moved.steps] == ["fault", "run"]


def test_all_is_written_for_programs_and_for_people(tmp_path: Path) -> None:
    bad, good = trial(), trial(OutcomeKind.SAME, PacketFault(DROP, position(2)), acted=0)
    result = Result(trials=[bad, good], planned=2, positions=[position(), position(2)])
    listed = findings(result, [bad])
    files.write(tmp_path, SUBJECT, result, listed)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - just made
    assert suite.attrib["tests"] == "2"
    assert [len(case) for case in suite] == [1, 1]
    assert [case[0].tag for case in suite] == ["failure", "skipped"]
    written = json.loads((tmp_path / "sweep.json").read_text())
    assert written["findings"][0]["sentence"] == listed[0].sentence
    assert [one["outcome"] for one in written["trials"]] == ["hang", "same"]
    (file,) = (tmp_path / "findings").iterdir()
    assert file.name == "01-drop-data-segment-of-client-server-hang.yaml"
    assert files.coverage(result) == "2 packets: 2 of 2 faults, 1 never acted, 0.0 s"
