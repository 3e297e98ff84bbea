"""Calls and programs of a scenario: what they leave, what nobody collects, what Ctrl-C cuts off."""

from pathlib import Path

import pytest

from lab.api.call_client import PendingCall
from lab.api.call_result import Result
from lab.api.engine import Engine
from lab.evidence import event_file
from lab.evidence.events import CallOutcome, ProgramInput, ProgramOutcome
from lab.evidence.verdict import Verdict
from lab.report import reading
from lab.runner import run
from lab.runner.programs import RunningProgram
from tests.integration.test_scenarios import play


def played(engine: Engine, folder: Path, *steps: str) -> run.Outcome:
    path = folder / "some.yaml"
    listed = "".join(f"  - {step}\n" for step in steps)
    head = "title: x\nshows: y\nhosts: [server, client]\nsteps:\n"
    path.write_text(head + listed, encoding="utf-8")
    return play(engine, path, folder / "results")


def test_what_a_program_leaves_behind_is_not_waited_for(namespaces: Engine, tmp_path: Path) -> None:
    step = '{on: client, run: [sh, -c, "sleep 60 & echo hi"], output: "hi\\n", within: 20s}'
    outcome = played(namespaces, tmp_path, step)
    assert outcome.verdict is Verdict.PASS
    assert outcome.took_s < 30


@pytest.mark.parametrize(
    ("program", "within", "verdict"), [("true", "10s", "PASS"), ("sleep 30", "1s", "FAIL")]
)
def test_a_program_need_not_read_its_input(
    namespaces: Engine, tmp_path: Path, program: str, within: str, verdict: str
) -> None:
    step = f'{{on: client, run: "{program}", input: {"x" * 200_000}, within: {within}}}'
    outcome = played(namespaces, tmp_path, step)
    assert outcome.verdict == verdict
    assert outcome.took_s < 25


def test_much_input_and_output_is_taken_as_it_comes(namespaces: Engine, tmp_path: Path) -> None:
    text = "0123456789" * 30_000
    outcome = played(
        namespaces, tmp_path, f'{{on: client, run: cat, input: "{text}", output: "{text}"}}'
    )
    assert outcome.verdict is Verdict.PASS


def test_what_was_not_collected_is_in_the_evidence(namespaces: Engine, tmp_path: Path) -> None:
    outcome = played(
        namespaces,
        tmp_path,
        "{on: server, call: listen, as: door, port: 21567}",
        "{on: server, call: accept, socket: door, as: s, later: visitor}",
        "{on: server, run: [sh, -c, 'echo ready; cat'], later: program}",
        "{wait: {output: ready, of: program}}",
    )
    assert outcome.verdict is Verdict.PASS
    call, program = (
        event
        for event in event_file.read(outcome.folder)
        if isinstance(event, CallOutcome | ProgramOutcome) and event.name
    )
    assert isinstance(call, CallOutcome)
    assert (call.name, call.call, call.is_pending) == ("visitor", "accept", True)
    assert isinstance(program, ProgramOutcome)
    assert (program.name, program.output) == ("program", "ready\n")


def test_input_comes_in_stages(engine: Engine, tmp_path: Path) -> None:
    outcome = played(
        engine,
        tmp_path,
        '{on: client, run: cat, input: "zero\\n", later: cat, keep_open: true}',
        "{wait: {output: zero, of: cat}}",
        '{send: cat, input: "one\\n"}',
        "{wait: {output: one, of: cat}}",
        "{collect: cat, blocks: 100ms}",
        '{send: cat, input: "two\\n", close: true}',
        '{collect: cat, output: "zero\\none\\ntwo\\n"}',
    )
    assert outcome.verdict is Verdict.PASS, outcome.judgements
    found_events = event_file.read(outcome.folder)
    given = [one for one in found_events if isinstance(one, ProgramInput)]
    assert [(one.step, one.data, one.close) for one in given] == [
        (2, {"text": "one\n"}, False),
        (5, {"text": "two\n"}, True),
    ]
    found = [one.found for one in outcome.judgements if one.what == "send to cat"]
    assert found == ['sent "one\\n"', 'sent "two\\n", closed']
    notes = [note.text for note in reading.read(outcome.folder).notes]
    assert [text for text in notes if text.startswith("cat:")] == [
        "cat: gets “one\\n”",
        "cat: gets “two\\n”, its input ends",
    ]


def test_who_has_ended_takes_no_input(engine: Engine, tmp_path: Path) -> None:
    outcome = played(
        engine,
        tmp_path,
        '{on: client, run: [sh, -c, "read line; exit 3"], later: reader, keep_open: true}',
        '{send: reader, input: "go\\n"}',
        f"{{send: reader, input: {'x' * 1_000_000}}}",
    )
    assert outcome.verdict is Verdict.FAIL
    *_, last = outcome.judgements
    assert (last.what, last.expected) == ("send to reader", "takes it within 10 s")
    assert last.found == "it has ended with exit status 3"
    assert run.verify(outcome.folder).judgements == outcome.judgements
    (note,) = (one for one in reading.read(outcome.folder).notes if one.is_bad)
    assert note.text.endswith("which it has not taken")


def test_who_reads_nothing_takes_what_its_pipe_does(namespaces: Engine, tmp_path: Path) -> None:
    outcome = played(
        namespaces,
        tmp_path,
        "{on: client, run: sleep 60, later: sleeper, keep_open: true}",
        f"{{send: sleeper, input: {'x' * 100_000}, within: 200ms}}",
    )
    assert outcome.verdict is Verdict.FAIL
    *_, last = outcome.judgements
    assert (last.expected, last.found) == ("takes it within 0.2 s", "took 65,536 of 100,000 bytes")


def test_ctrl_c_keeps_the_input_that_was_pending(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_program: RunningProgram, _data: bytes, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunningProgram, "send", interrupted)
    start = "{on: client, run: cat, later: cat, keep_open: true}"
    with pytest.raises(KeyboardInterrupt):
        played(namespaces, tmp_path, start, "{send: cat, input: x}")
    event = cut_off(tmp_path)
    assert isinstance(event, ProgramInput)
    assert (event.step, event.data) == (1, {"text": "x"})


def test_ctrl_c_keeps_the_call_that_was_pending(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PendingCall.result

    def interrupted(pending: PendingCall, within_s: float | None = None) -> Result | None:
        if pending.call == "accept" and within_s:
            raise KeyboardInterrupt
        return whole(pending, within_s)

    monkeypatch.setattr(PendingCall, "result", interrupted)
    listen = "{on: server, call: listen, as: door, port: 21567}"
    accept = "{on: server, call: accept, socket: door, as: s}"
    with pytest.raises(KeyboardInterrupt):
        played(namespaces, tmp_path, listen, accept)
    event = cut_off(tmp_path)
    assert isinstance(event, CallOutcome)
    assert (event.step, event.call) == (1, "accept")


def test_ctrl_c_keeps_the_output_of_the_program_that_was_running(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RunningProgram.wait

    def interrupted(program: RunningProgram, within_s: float) -> ProgramOutcome:
        if within_s:
            program.wait_for(lambda text: text.count("begun"), 1, within_s)
            raise KeyboardInterrupt
        return whole(program, within_s)

    monkeypatch.setattr(RunningProgram, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        played(namespaces, tmp_path, '{on: server, run: [sh, -c, "echo begun; cat; sleep 60"]}')
    event = cut_off(tmp_path)
    assert isinstance(event, ProgramOutcome)
    assert (event.step, event.output) == (0, "begun\n")


def cut_off(folder: Path) -> CallOutcome | ProgramOutcome | ProgramInput:
    """Return the event of what was under way when the run was interrupted."""
    run_folder = folder / "results" / "some" / "001"
    assert run.verify(run_folder).verdict is Verdict.UNKNOWN
    waited_for = CallOutcome | ProgramOutcome | ProgramInput
    found = [one for one in event_file.read(run_folder) if isinstance(one, waited_for)]
    (event,) = (one for one in found if one.interrupted)
    assert isinstance(event, ProgramInput) or event.is_pending
    return event
