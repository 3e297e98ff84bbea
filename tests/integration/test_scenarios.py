"""Scenarios of the catalogue on both engines, the command around them, and what must not pass.

The whole catalogue is tests of its own, on the engine `namespaces` (pyproject.toml, lab_scenarios).
With Docker a scenario takes seconds, so on both engines it is those that need something of an
engine which each has in its own way: processes, host faults, settings of the kernel, names,
services; and some of each topic. `lab run --all` runs them all.
"""

import json
from pathlib import Path

import pytest

from lab.agent.calls import counters
from lab.api.engine import Engine
from lab.engines import choice
from lab.errors import ScenarioError
from lab.evidence import event_file, folders
from lab.evidence.verdict import Verdict
from lab.runner import run
from lab.scenario import catalogue
from lab.scenario.reader import read
from lab.scenario.steps import Step
from tests import extensions, installed
from tests.integration import command

NEGATIVE = Path(__file__).parents[1] / "negative"
ON_BOTH = (
    *("refused", "syn-lost", "privileged-port", "orderly-close", "reset-mid-stream"),
    *("segment-lost", "process-killed", "process-paused", "truncated", "fragment-lost"),
    *("no-listener", "no-neighbour", "mtu-with-icmp", "link-local-without-interface"),
    *("name-service-down", "inetd-limit-reached", "syslog-gone", "syslog-stuck"),
    *("client-timed-out", "server-privileged-port", "host-killed"),
    *("idle-forgotten", "never-closed", "simple-tcp", "simple-udp", "simple-unix"),
    "line-in-stages",
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
    if program:
        installed.require(program)
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
    file = folder / event_file.FILE
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
    empty = tmp_path / "nothing"
    empty.mkdir()
    done = command.run("verify", str(empty), str(bad))
    assert done.returncode == 1
    assert "FAIL    wrong-errno" in done.stdout
    assert "UNKNOWN: " in done.stderr
    found = json.loads(command.run("verify", str(empty), str(bad), "--json").stdout)
    assert [one["verdict"] for one in found] == ["UNKNOWN", "FAIL"]


def test_a_counter_that_no_kernel_has_is_unknown_where_nobody_could_say_so_before(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.yaml"
    step = "  - {on: a, call: counter, name: NoSuchCounter, gives: 0}\n"
    path.write_text(f"title: x\nshows: y\nhosts: [a]\nsteps:\n{step}", encoding="utf-8")
    with pytest.raises(ScenarioError, match="the kernel has no counter of that name"):
        read(path)
    # As on a machine that is no Linux, whose hosts are on one that is.
    monkeypatch.setattr(counters, "_NET", str(tmp_path))
    outcome = play(namespaces, path, tmp_path)
    assert outcome.verdict is Verdict.UNKNOWN
    (bad,) = (one for one in outcome.judgements if one.verdict is not Verdict.PASS)
    assert "'NoSuchCounter': the kernel has none of that name" in bad.found


def test_a_verb_and_a_subject_of_a_file_each_are_played(namespaces: Engine, tmp_path: Path) -> None:
    path = tmp_path / "greeting.yaml"
    path.write_text(
        "title: A greeting\nshows: x\nhosts: [server, client]\nsteps:\n"
        "  - {on: server, call: listen, as: door, port: 21567}\n"
        "  - {on: client, greet: everybody}\n"
        '  - {on: client, call: connect, as: c, to: "server:21567"}\n'
        "  - {wait: {handshakes: client -> server, port: 21567}}\n"
        "  - {expect: {handshakes: client -> server, count: 1}}\n",
        encoding="utf-8",
    )
    with extensions.added():
        passes(namespaces, path, tmp_path / "results")
