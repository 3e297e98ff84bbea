"""How one finds one's way: help, what was meant, the newest run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.engines import choice
from lab.scenario import catalogue
from tests.integration import command
from tests.integration.own_lab import own_lab

NAMESPACES = ("--engine", choice.NAMESPACES)


def test_alone_it_prints_its_help() -> None:
    done = command.run()
    assert done.returncode == 2
    for word in ("up ", "run ", "report ", "lab help COMMAND"):
        assert word in done.stderr


@pytest.mark.parametrize("words", [["help"], ["--help"]])
def test_help_lists_the_commands(words: list[str]) -> None:
    done = command.run(*words)
    assert done.returncode == 0
    assert "doctor" in done.stdout


def test_help_of_a_command() -> None:
    assert command.run("help", "fault", "add").stdout == command.run("fault", "add", "-h").stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["staus"], "did you mean status?"),
        (["help", "reprot"], "did you mean report?"),
        (["fault", "ad"], "did you mean add?"),
        (["fault", "add", "a", "b", "dropp"], "did you mean drop?"),
        (["fault", "add", "a", "b", "drop", "--frist", "1"], "did you mean --first?"),
        (["up", "--engine", "compos"], "did you mean compose?"),
        (["run", "half-opne"], "did you mean half-open or half-close?"),
    ],
)
def test_what_was_perhaps_meant(words: list[str], hint: str) -> None:
    done = command.run(*words)
    assert done.returncode == 2
    assert hint in done.stderr


def test_hosts_and_labs_that_were_perhaps_meant(engine: Engine) -> None:
    with own_lab(engine, "pair.yaml") as lab:
        host = sorted(lab.hosts)[0]
        line = command.refused(command.run("pause", "--lab", lab.name, f"{host}x"))
        assert f"did you mean {host}?" in line
        line = command.refused(command.run("status", "--lab", f"{lab.name}x"))
        assert f"did you mean {lab.name}?" in line
        (status,) = command.run_json("status", "--lab", lab.name)
        assert status["name"] == lab.name


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name in ("refused", "syn-lost"):
        done = command.run("run", name, *NAMESPACES, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.usefixtures("namespaces")
def test_without_a_folder_it_is_the_newest_run(runs: Path) -> None:
    verified = command.run("verify", cwd=runs)
    assert verified.stdout.startswith("PASS    syn-lost ")
    assert verified.stderr == "note: the newest run, results/syn-lost/001\n"
    assert command.run("report", cwd=runs).stdout == "results/syn-lost/001/report.html\n"
    assert json.loads(command.run("report", "--json", cwd=runs).stdout) == [
        "results/syn-lost/001/report.html"
    ]


@pytest.mark.usefixtures("namespaces")
def test_a_page_is_shown_in_the_browser(runs: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/shown\n')
    browser.chmod(0o755)
    done = command.run("report", "--open", cwd=runs, environment={"BROWSER": f"{browser} %s"})
    assert done.returncode == 0, done.stderr
    page = runs / "results/syn-lost/001/report.html"
    assert (tmp_path / "shown").read_text() == f"{page.as_uri()}\n"


@pytest.mark.usefixtures("namespaces")
def test_where_there_is_no_browser_it_says_so(runs: Path) -> None:
    done = command.run("report", "--open", cwd=runs, environment={"BROWSER": "/bin/false %s"})
    assert done.returncode == 2
    assert "no browser is here to show it" in done.stderr


def test_where_there_is_no_run_it_says_so(tmp_path: Path) -> None:
    for name in ("verify", "report"):
        line = command.refused(command.run(name, cwd=tmp_path))
        assert f"lab {name}: results: no run is in this folder" in line


@pytest.mark.parametrize(
    ("name", "what"), [("none", "there is no such folder"), ("file", "is no folder")]
)
def test_what_is_no_folder_has_no_verdict(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "run").mkdir()
    line = command.refused(command.run("verify", "run", name, cwd=tmp_path))
    assert line.startswith(f"lab verify: {name}: {what}; ")


@pytest.mark.usefixtures("namespaces")
def test_a_run_says_first_what_it_is_about(tmp_path: Path) -> None:
    done = command.run("run", "refused", "--repeat", "2", *NAMESPACES, cwd=tmp_path)
    first, second, third = done.stdout.splitlines()[:3]
    assert first.startswith("refused: ")
    assert second.startswith("shows: ")
    assert " s  " in third
    assert done.stdout.count("shows: ") == 1


def test_no_compose_file_in_this_folder_names_the_shipped_machines(tmp_path: Path) -> None:
    assert "--shipped" in command.refused(command.run("up", cwd=tmp_path))
    both = command.run("up", "--shipped", "--file", "x.yaml", cwd=tmp_path)
    assert "choose one of them" in command.refused(both)


def test_the_shipped_machines_come_up_from_any_folder(engine: Engine, tmp_path: Path) -> None:
    name = f"lab-test-{os.urandom(3).hex()}"
    words = ("--shipped", "--name", name, "--engine", engine.name)
    try:
        done = command.run("up", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "syslog  running" in done.stdout
    finally:
        command.run("down", name)


def test_columns_in_a_pipe_are_not_wrapped() -> None:
    lines = command.run("list", "connect/").stdout.splitlines()
    assert len(lines) == len(catalogue.paths("connect")) + 2  # the columns' names, the topic
    assert all(line[0] != " " for line in lines)


@pytest.mark.usefixtures("namespaces")
def test_a_full_disk_is_named_with_its_path(tmp_path: Path) -> None:
    # In a mount namespace of its own: a file system without room.
    script = f'mount -t tmpfs -o size=8k none {tmp_path} && cd {tmp_path} && exec "$@"'
    argv = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    words = [sys.executable, "-m", "lab", "run", "refused", *NAMESPACES]
    done = subprocess.run([*argv, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("lab run:")]
    assert "No space left on device" in line
    assert f"{tmp_path}/results/refused/001/" in line or "'results/refused/001/" in line
