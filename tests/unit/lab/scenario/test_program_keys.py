"""`folder`, `exit: any` and `listens`: what a file of somebody's programs says, and errors."""

import os
from pathlib import Path

import pytest

from lab.errors import ScenarioError
from lab.scenario.conditions.listens import Listens
from lab.scenario.hosts import Hosts
from lab.scenario.model import Scenario
from lab.scenario.reader import read
from lab.scenario.steps.run import RunStep
from lab.scenario.steps.wait import WaitStep

HEAD = "title: x\nshows: y\n"
HOSTS = "hosts: [server, client]\n"
RUN = "steps:\n  - {on: server, run: ./server}\n"


def scenario_of(folder: Path, text: str) -> Scenario:
    return read(folder / "scenario.yaml", text=HEAD + text)


def refusal_of(folder: Path, text: str) -> str:
    with pytest.raises(ScenarioError) as refused:
        scenario_of(folder, text)
    start, text = f"{folder}/scenario.yaml:", str(refused.value)
    assert text.startswith(start)
    assert "\n" not in text
    return text.removeprefix(start)


def test_a_folder_is_named_from_the_file_and_resolved(tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    (tmp_path / "link").symlink_to("programs")
    scenario = scenario_of(tmp_path, f"{HOSTS}folder: ./link\n{RUN}")
    assert scenario.folder == (tmp_path / "programs").resolve()
    assert scenario_of(tmp_path, HOSTS + RUN).folder is None


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("none", "3: folder: 'none': No such file or directory; name a folder that you may read"),
        ("file", "3: folder: 'file': Not a directory; name"),
        ('"a\\0b"', "3: folder: 'a\\x00b': embedded null byte"),
        ("{a: b}", "3: folder: must be text"),
    ],
)
def test_a_folder_that_is_none_is_refused(tmp_path: Path, folder: str, why: str) -> None:
    (tmp_path / "file").touch()
    assert why in refusal_of(tmp_path, f"folder: {folder}\n{HOSTS}{RUN}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    assert "'locked': Permission denied" in refusal_of(tmp_path, f"folder: locked\n{HOSTS}{RUN}")


def test_a_folder_whose_path_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    (tmp_path / "link").symlink_to(os.fsdecode(b"\xff"))
    text = refusal_of(tmp_path, f"folder: link\n{HOSTS}{RUN}")
    assert "is not UTF-8 text; rename it" in text


def test_a_folder_beside_a_compose_file_is_refused(tmp_path: Path) -> None:
    text = refusal_of(tmp_path, f"compose: shipped\nfolder: .\n{RUN}")
    assert "4: folder: is for bare hosts; a compose file has volumes" in text


def test_where_evidence_is_judged_the_folder_need_not_be_there(tmp_path: Path) -> None:
    path, hosts = tmp_path / "scenario.yaml", Hosts.of(["server", "client"])
    scenario = read(path, hosts=hosts, text=f"{HEAD}{HOSTS}folder: gone\n{RUN}")
    assert scenario.folder == tmp_path / "gone"


@pytest.mark.parametrize(("text", "status"), [("any", None), ("3", 3), ("0", 0)])
def test_a_program_ends_with_a_status_or_with_any(
    tmp_path: Path, text: str, status: int | None
) -> None:
    steps = f"steps:\n  - {{on: server, run: ./server, exit: {text}}}\n"
    (step,) = scenario_of(tmp_path, HOSTS + steps).steps
    assert isinstance(step, RunStep)
    assert step.expected.exit_status == status


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("some", "exit: 'some': must be a whole number, or any"),
        ("'0'", "exit: '0': must be a whole number, or any"),
        ("1.5", "exit: must be"),
        ("true", "exit: must be"),
    ],
)
def test_another_word_for_a_status_is_refused(tmp_path: Path, text: str, why: str) -> None:
    steps = f"steps:\n  - {{on: server, run: ./server, exit: {text}}}\n"
    assert why in refusal_of(tmp_path, HOSTS + steps)


@pytest.mark.parametrize(("more", "port"), [("", None), (", port: 9000", 9000)])
def test_a_host_that_listens_can_be_waited_for(tmp_path: Path, more: str, port: int | None) -> None:
    steps = f"steps:\n  - {{wait: {{listens: server{more}}}}}\n"
    (step,) = scenario_of(tmp_path, HOSTS + steps).steps
    assert isinstance(step, WaitStep)
    assert step.condition.subject == Listens("server", port)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("{wait: {listens: sever}}", "'sever' is no host; did you mean server?"),
        ("{wait: {listens: server, port: 0}}", "port: 0 must be 1 or more"),
        ("{wait: {listens: server, port: 65536}}", "port: must be at most 65535"),
        ("{wait: {listens: server, port: http}}", "port: must be a whole number"),
        ("{wait: {output: x, of: server, port: 1}}", "port: is of listens, not of output"),
        (
            "{expect: {listens: server}}",
            "expect: listens is only known meanwhile; wait for it",
        ),
    ],
)
def test_a_wrong_wait_or_expect_is_refused(tmp_path: Path, step: str, why: str) -> None:
    assert why in refusal_of(tmp_path, f"{HOSTS}steps:\n  - {step}\n")
