"""Scenarios of the catalogue on both engines, the command around them, and what must not pass.

The whole catalogue is tests of its own, on the engine `namespaces` (pyproject.toml, lab_scenarios).
With Docker a scenario takes seconds, so on both engines it is those that need something of an
engine which each has in its own way: processes, host faults, settings of the kernel, names,
services; and some of each topic. `lab run --all` runs them all.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lab.calling.caller import Pending
from lab.calling.result import Result
from lab.checks.verdict import Verdict
from lab.engines import choice
from lab.engines.base import Engine
from lab.engines.namespaces import checks
from lab.evidence import events, folders
from lab.running import run
from lab.running.programs import RunningProgram
from lab.scenario import catalogue
from lab.scenario.model import Step
from lab.scenario.reading import read
from tests.integration import command

NEGATIVE = Path(__file__).parents[1] / "negative"
ON_BOTH = (
    *("refused", "syn-lost", "privileged-port", "orderly-close", "reset-mid-stream"),
    *("segment-lost", "process-killed", "process-paused", "truncated", "fragment-lost"),
    *("no-listener", "no-neighbour", "mtu-with-icmp", "link-local-without-interface"),
    *("name-service-down", "inetd-limit-reached", "syslog-gone", "syslog-stuck"),
    *("client-timed-out", "server-privileged-port", "host-killed"),
)
# What the engine `namespaces` needs of this machine for a scenario.
NEEDS = {"inetd-limit-reached": "xinetd", "name-service-down": "dnsmasq"}


def play(engine: Engine, path: Path, results: Path) -> run.Outcome:
    return run.run(engine, read(path), results, show=_hide, progress=_quiet)


def _hide(_step: Step, _judged: object, _took_s: float) -> None:
    pass


def _quiet(_doing: str, _detail: str) -> None:
    pass


def passes(engine: Engine, path: Path, results: Path) -> None:
    outcome = play(engine, path, results)
    assert [one for one in outcome.judgements if one.verdict is not Verdict.PASS] == []
    assert outcome.verdict is Verdict.PASS
    assert run.verify(outcome.folder).judgements == outcome.judgements


@pytest.mark.parametrize("name", ON_BOTH)
def test_a_failure_of_the_catalogue_is_as_it_says(
    engine: Engine, name: str, tmp_path: Path
) -> None:
    program = NEEDS.get(name) if engine.name == choice.NAMESPACES else None
    if program and not shutil.which(program, path=checks.PATH):
        pytest.skip(f"{program} is not installed on this machine")
    passes(engine, catalogue.find(name), tmp_path)


def test_every_topic_is_tried_on_both_engines() -> None:
    topics = {path.parent.name for path in catalogue.paths()}
    assert {catalogue.find(name).parent.name for name in ON_BOTH} == topics


@pytest.mark.parametrize("path", sorted(NEGATIVE.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_must_not_pass_does_not(namespaces: Engine, path: Path, tmp_path: Path) -> None:
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    verdict, text = (line.partition(": ")[2] for line in (first, second))
    outcome = play(namespaces, path, tmp_path)
    assert outcome.verdict == verdict
    bad = [one for one in outcome.judgements if one.verdict == verdict]
    assert any(text in f"{one.expected}; {one.found}" for one in bad), bad


@pytest.mark.parametrize("path", sorted(NEGATIVE.glob("*.yaml")), ids=lambda path: path.stem)
def test_but_for_one_flaw_it_would_pass(namespaces: Engine, path: Path, tmp_path: Path) -> None:
    comments, rest = path.read_text(encoding="utf-8").split("title: ")
    change = comments.splitlines()[2].partition(": ")[2]
    flaw, mended = (part.strip() for part in change.split("=>"))
    assert rest.count(flaw) == 1
    file = tmp_path / path.name
    file.write_text(f"title: {rest.replace(flaw, mended)}", encoding="utf-8")
    passes(namespaces, file, tmp_path)


def test_evidence_that_is_cut_short_is_unknown(namespaces: Engine, tmp_path: Path) -> None:
    folder = play(namespaces, catalogue.find("refused"), tmp_path).folder
    file = folder / events.FILE
    file.write_bytes(file.read_bytes()[:-20])
    outcome = run.verify(folder)
    assert outcome.verdict is Verdict.UNKNOWN
    assert any("ends early" in one.found for one in outcome.judgements)


def test_the_command_says_what_came_and_its_status_is_the_verdict(
    namespaces: Engine, tmp_path: Path
) -> None:
    options = ["--engine", namespaces.name, "--results", str(tmp_path)]
    good = command.run("run", "refused", *options)
    assert good.returncode == 0, good.stderr
    assert "client: connect(c)  raised ECONNREFUSED" in good.stdout
    assert "PASS    refused" in good.stdout
    bad = command.run("run", str(NEGATIVE / "wrong-errno.yaml"), *options)
    assert bad.returncode == 1
    assert "expected: raises EPIPE; found: raised ECONNREFUSED" in bad.stdout
    unknown = command.run("run", str(NEGATIVE / "fault-never-acts.yaml"), *options, "--json")
    assert unknown.returncode == 3
    assert json.loads(unknown.stdout)[0]["verdict"] == "UNKNOWN"
    verified = command.run("verify", str(tmp_path / "refused" / "001"))
    assert (verified.returncode, verified.stdout[:4]) == (0, "PASS")


def test_a_wrong_file_starts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("title: x\nshows: y\nhosts: [a]\nsteps:\n  - {lift: z}\n", encoding="utf-8")
    line = command.refused(command.run("run", str(path), "--results", str(tmp_path / "results")))
    assert f"{path}:5: lift: 'z' is not in force" in line
    assert not (tmp_path / "results").exists()


def test_a_name_that_is_not_there_is_refused_with_a_near_one() -> None:
    assert "did you mean refused?" in command.refused(command.run("run", "refusd"))


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


@pytest.mark.parametrize(("program", "verdict"), [("true", "PASS"), ("sleep 30", "FAIL")])
def test_a_program_need_not_read_its_input(
    namespaces: Engine, tmp_path: Path, program: str, verdict: str
) -> None:
    step = f'{{on: client, run: "{program}", input: {"x" * 200_000}, within: 10s}}'
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
        for event in events.read(outcome.folder)
        if event["kind"] in {"call", "program"} and event.get("name")
    )
    assert (call["name"], call["call"], call["pending"]) == ("visitor", "accept", True)
    assert (program["name"], program["output"]) == ("program", "ready\n")


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_packets_without_their_capture_are_unknown(
    namespaces: Engine, tmp_path: Path, damage: str
) -> None:
    outcome = play(namespaces, catalogue.find("refused"), tmp_path)
    capture = outcome.folder / folders.CAPTURE
    if damage == "missing":
        capture.unlink()
    else:
        capture.write_bytes(capture.read_bytes()[:600])
    again = run.verify(outcome.folder)
    assert again.verdict is Verdict.UNKNOWN
    assert {one.verdict for one in again.judgements} == {Verdict.PASS, Verdict.UNKNOWN}


def test_a_folder_that_cannot_be_read_hides_no_other(namespaces: Engine, tmp_path: Path) -> None:
    bad = play(namespaces, NEGATIVE / "wrong-errno.yaml", tmp_path).folder
    done = command.run("verify", str(tmp_path / "nothing"), str(bad))
    assert done.returncode == 1
    assert "FAIL    wrong-errno" in done.stdout
    assert "UNKNOWN: " in done.stderr
    found = json.loads(command.run("verify", str(tmp_path / "no"), str(bad), "--json").stdout)
    assert [one["verdict"] for one in found] == ["UNKNOWN", "FAIL"]


def test_ctrl_c_keeps_the_call_that_was_under_way(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Pending.result

    def interrupted(pending: Pending, within_s: float | None = None) -> Result | None:
        if pending.call == "accept" and within_s:
            raise KeyboardInterrupt
        return whole(pending, within_s)

    monkeypatch.setattr(Pending, "result", interrupted)
    listen = "{on: server, call: listen, as: door, port: 21567}"
    accept = "{on: server, call: accept, socket: door, as: s}"
    with pytest.raises(KeyboardInterrupt):
        played(namespaces, tmp_path, listen, accept)
    event = cut_off(tmp_path)
    assert (event["kind"], event["step"], event["call"]) == ("call", 1, "accept")


def test_ctrl_c_keeps_the_output_of_the_program_that_was_under_way(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RunningProgram.wait

    def interrupted(program: RunningProgram, within_s: float) -> dict[str, Any]:
        if within_s:
            program.wait_for(lambda text: text.count("begun"), 1, within_s)
            raise KeyboardInterrupt
        return whole(program, within_s)

    monkeypatch.setattr(RunningProgram, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        played(namespaces, tmp_path, '{on: server, run: [sh, -c, "echo begun; cat; sleep 60"]}')
    event = cut_off(tmp_path)
    assert (event["kind"], event["step"], event["output"]) == ("program", 0, "begun\n")


def cut_off(folder: Path) -> events.Event:
    """Return the event of what was under way when the run was interrupted."""
    run_folder = folder / "results" / "some" / "001"
    assert run.verify(run_folder).verdict is Verdict.UNKNOWN
    (event,) = (one for one in events.read(run_folder) if one.get("cut"))
    assert event["pending"]
    return event
