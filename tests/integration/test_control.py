"""`lab run --control`: a scenario that passes without its faults proves nothing about them."""

import json
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.evidence import event_file
from lab.evidence.events import FaultOn, Start
from tests.integration import command

HEAD = """\
title: A connection
shows: connect
hosts: [server, client]
steps:
  - {on: server, call: listen, as: door, port: 21567}
"""
FAULT = "  - {fault: drop, link: client -> server, tcp: syn, first: 1, as: loss}\n"
CONNECT = '  - {on: client, call: connect, as: c, to: "server:21567", within: 5s%s}\n'
PROVES = HEAD + FAULT + CONNECT % ", after: 900ms" + "  - {lift: loss, acted: 1}\n"
PROVES_NOTHING = HEAD + FAULT + CONNECT % ""


def written(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_what_depends_on_the_faults_is_named(engine: Engine, tmp_path: Path) -> None:
    proves = written(tmp_path, "proves", PROVES)
    done = command.run("run", proves, "--engine", engine.name, "--control", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    text = "control: proves: depends on its faults: 7: client: connect(c): lasts at least 0.9 s"
    assert last == text


def test_one_that_passes_without_its_faults_is_told(namespaces: Engine, tmp_path: Path) -> None:
    del namespaces
    files = [written(tmp_path, "proves", PROVES), written(tmp_path, "nothing", PROVES_NOTHING)]
    files.append(written(tmp_path, "faultless", HEAD))
    done = command.run("run", *files, "--engine", "namespaces", "--control", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("control: ")]
    assert told[1:] == [
        "control: nothing: PASS without its faults, too; it proves nothing about them",
        "control: faultless: has no faults",
    ]


def test_a_program_gets_it_too_and_its_evidence_says_what_it_is(
    namespaces: Engine, tmp_path: Path
) -> None:
    del namespaces
    proves = written(tmp_path, "proves", PROVES)
    argv = ("run", proves, "--engine", "namespaces", "--control", "--json")
    done = command.run(*argv, cwd=tmp_path)
    (entry,) = json.loads(done.stdout)
    control = entry["control"]
    assert (entry["verdict"], control["verdict"]) == ("PASS", "FAIL")
    folder = tmp_path / control["folder"]
    events = event_file.read(folder)
    (start,) = [one for one in events if isinstance(one, Start)]
    assert start.control
    assert not any(isinstance(one, FaultOn) for one in events)
    # Judged again, it is judged as what it was.
    again = command.run("verify", str(folder), "--json", cwd=tmp_path)
    assert again.returncode == 1
    (judged,) = json.loads(again.stdout)
    assert (judged["verdict"], judged["differs"]) == ("FAIL", "")


@pytest.mark.parametrize("repeat", ["1", "3"])
def test_what_fails_has_no_control(namespaces: Engine, tmp_path: Path, repeat: str) -> None:
    del namespaces
    fails = written(tmp_path, "fails", HEAD + FAULT + CONNECT % ", raises: ETIMEDOUT")
    argv = ("run", fails, "--engine", "namespaces", "--control", "--repeat", repeat)
    done = command.run(*argv, cwd=tmp_path)
    assert done.returncode == 1
    assert "control: " not in done.stdout
