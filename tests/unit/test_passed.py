"""Which tests CI does not run again."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab import optional
from tests import passed

_SHIPPED = "tests/integration/shipped/test_hosts.py"
ON_DOCKER, OTHER = f"{_SHIPPED}::test[compose]", f"{_SHIPPED}::test"
HAS_PROGRAMS = (SimpleNamespace(path=lambda: "/usr/bin/telnet"),)
ALONE = "tests/unit/lab/net/test_checksum.py::test"


def report(nodeid: str, outcome: str) -> pytest.TestReport:
    marks = {one: one == outcome for one in ("passed", "failed", "skipped")}
    return cast("pytest.TestReport", SimpleNamespace(nodeid=nodeid, **marks))


@pytest.mark.parametrize(
    ("nodeid", "outcomes", "is_kept"),
    [
        (ON_DOCKER, ["passed", "passed", "passed"], True),
        (ON_DOCKER, ["passed", "passed", "failed"], False),
        (ON_DOCKER, ["passed", "failed", "passed"], False),
        (ON_DOCKER, ["passed", "skipped", "passed"], False),
        (ON_DOCKER, ["skipped", "passed"], False),
        (OTHER, ["passed", "passed", "passed"], False),
        (ALONE, ["passed", "passed", "passed"], True),
        (ALONE, ["skipped", "passed"], False),
    ],
)
def test_only_what_passed_in_every_phase_is_kept(
    nodeid: str,
    outcomes: list[str],
    is_kept: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TESTS_PASSED", str(tmp_path / "passed"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(optional, "PROGRAMS", HAS_PROGRAMS)
    recorder = passed.Recorder()
    for outcome in outcomes:
        recorder.pytest_runtest_logreport(report(nodeid, outcome))
    recorder.pytest_sessionfinish()
    assert (tmp_path / "passed").read_text().splitlines() == [nodeid] * is_kept


@pytest.mark.parametrize("is_asked", [True, False])
def test_they_are_taken_out_only_where_ci_asks_for_it(
    is_asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "passed"
    file.write_text(f"{ON_DOCKER}\n")
    monkeypatch.delenv("TESTS_PASSED", raising=False)
    if is_asked:
        monkeypatch.setenv("TESTS_PASSED", str(file))
    taken: list[Any] = []

    def note(items: list[Any]) -> None:
        taken.extend(items)

    items: list[Any] = [SimpleNamespace(nodeid=nodeid) for nodeid in (ON_DOCKER, OTHER)]
    passed.deselect(
        cast("pytest.Config", SimpleNamespace(hook=SimpleNamespace(pytest_deselected=note))), items
    )
    assert [one.nodeid for one in items] == ([OTHER] if is_asked else [ON_DOCKER, OTHER])
    assert [one.nodeid for one in taken] == ([ON_DOCKER] if is_asked else [])


@pytest.mark.parametrize(
    "file",
    [
        "tests/unit/lab/test_optional.py",
        "tests/integration/wire/test_capture.py",
        "tests/integration/shipped/test_hosts.py",
        "tests/integration/test_users.py",
        "tests/integration/test_docs.py",
        "lab/catalogue/syslog/syslog-gone.yaml",
    ],
)
def test_where_an_optional_program_may_have_a_part_the_test_is_run_again(file: str) -> None:
    assert (Path(__file__).parents[2] / file).is_file()
    assert not passed.is_the_same(f"{file}::test")


@pytest.mark.parametrize(
    "file",
    [
        "tests/unit/lab/net/test_checksum.py",
        "tests/integration/test_pause.py",
        "tests/integration/wire/test_drop.py",
        "lab/catalogue/connect/syn-lost.yaml",
    ],
)
def test_where_none_has_a_part_once_is_enough(file: str) -> None:
    assert (Path(__file__).parents[2] / file).is_file()
    assert passed.is_the_same(f"{file}::test")


def test_an_ordinary_user_keeps_what_is_the_same_for_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTS_PASSED", str(tmp_path / "passed"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    recorder = passed.Recorder()
    for nodeid in (ON_DOCKER, OTHER, ALONE, "tests/integration/test_pause.py::test"):
        recorder.pytest_runtest_logreport(report(nodeid, "passed"))
    recorder.pytest_sessionfinish()
    assert (tmp_path / "passed").read_text().splitlines() == [ALONE]


@pytest.mark.parametrize(
    ("file", "is_it"),
    [
        ("tests/unit/lab/net/test_checksum.py", True),
        ("tests/integration/wire/test_drop.py", True),
        ("tests/robustness/test_evidence_damage.py", True),
        ("tests/integration/test_pause.py", False),  # brings up a lab of its own
        ("tests/unit/lab/engines/namespaces/test_idmap.py", False),
        ("tests/unit/lab/engines/test_choice.py", False),
        ("lab/catalogue/connect/syn-lost.yaml", False),
    ],
)
def test_where_the_user_has_a_part_root_runs_it_again(file: str, is_it: bool) -> None:
    assert (Path(__file__).parents[2] / file).is_file()
    assert passed.is_the_same_for_root(f"{file}::test") is is_it


NAMESPACES = "tests/integration/test_pause.py::test[namespaces]"


@pytest.mark.parametrize("uid", [0, 1000])
@pytest.mark.parametrize(
    ("nodeid", "outcomes", "is_kept"),
    [
        (NAMESPACES, ["passed", "passed", "passed"], True),
        (NAMESPACES, ["skipped", "passed"], True),  # root has what it lacks on the next machine
        (NAMESPACES, ["passed", "failed", "passed"], False),
        ("lab/catalogue/connect/syn-lost.yaml::syn-lost", ["skipped", "passed"], False),
        ("tests/unit/lab/engines/namespaces/test_idmap.py::test", ["skipped"], False),
        (OTHER, ["skipped", "passed"], False),
    ],
)
def test_without_programs_a_test_without_docker_runs_once(
    nodeid: str,
    outcomes: list[str],
    is_kept: bool,
    uid: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "passed"
    monkeypatch.setenv("TESTS_PASSED", str(file))
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(optional, "PROGRAMS", ())
    recorder = passed.Recorder()
    for outcome in outcomes:
        recorder.pytest_runtest_logreport(report(nodeid, outcome))
    recorder.pytest_sessionfinish()
    assert [one.nodeid for one in left_of(nodeid)] == [nodeid] * (not is_kept)

    monkeypatch.setattr(optional, "PROGRAMS", HAS_PROGRAMS)
    is_the_same = uid == 0 and is_kept and "passed" in outcomes[:1]
    assert [one.nodeid for one in left_of(nodeid)] == [nodeid] * (not is_the_same)


def left_of(nodeid: str) -> list[Any]:
    items: list[Any] = [SimpleNamespace(nodeid=nodeid)]
    hook = SimpleNamespace(pytest_deselected=lambda **_: None)
    passed.deselect(cast("pytest.Config", SimpleNamespace(hook=hook)), items)
    return items
