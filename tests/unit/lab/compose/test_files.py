"""The compose files of a folder are those that Compose itself would take."""

from pathlib import Path

import pytest

from lab.compose import files
from lab.compose.document import Document
from lab.errors import TopologyError
from lab.model import ComposeFiles


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FILE", "PATH_SEPARATOR", "PROFILES", "ENV_FILES"):
        monkeypatch.delenv(f"COMPOSE_{name}", raising=False)


def found(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in files.find(folder).paths]


@pytest.mark.parametrize("second", files.OVERRIDES)
def test_override_file_is_the_second(tmp_path: Path, second: str) -> None:
    for name in ("compose.yaml", second):
        (tmp_path / name).touch()
    assert found(tmp_path) == ["compose.yaml", second]
    assert files.beside(tmp_path / "compose.yaml") == files.find(tmp_path)
    assert len(files.beside(tmp_path / "other.yaml").paths) == 1


def test_folder_above_has_the_file(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").touch()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert files.find(below).paths == (tmp_path / "docker-compose.yml",)


def test_environment_names_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").touch()
    monkeypatch.setenv("COMPOSE_FILE", "a.yaml:sub/b.yaml")
    assert found(tmp_path) == ["a.yaml", "sub/b.yaml"]
    monkeypatch.setenv("COMPOSE_PATH_SEPARATOR", ",")
    monkeypatch.setenv("COMPOSE_FILE", "a.yaml,c.yaml")
    assert found(tmp_path) == ["a.yaml", "c.yaml"]


def test_env_file_names_the_files(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COMPOSE_FILE=a.yaml\n")
    assert found(tmp_path) == ["a.yaml"]


def test_no_file_anywhere(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.find(tmp_path)


PROFILED = """\
services:
  a: {image: x}
  b: {image: x, profiles: [debug]}
  c: {image: x, profiles: [debug, other]}
"""


@pytest.mark.parametrize(
    ("asked", "variable", "names"),
    [
        ((), "", "a"),
        (("debug",), "", "abc"),
        (("other",), "", "ac"),
        ((), "other", "ac"),
        ((), "other, debug", "abc"),
        (("*",), "", "abc"),
        (("nobodys",), "", "a"),
    ],
)
def test_services_of_the_profiles(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[str, ...],
    variable: str,
    names: str,
) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(PROFILED)
    monkeypatch.setenv("COMPOSE_PROFILES", variable)
    document = Document(ComposeFiles((path,), asked), "x")
    assert list(document.services()) == [*names]


def test_host_that_needs_one_of_a_profile_says_which(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(f"{PROFILED}  d:\n    image: x\n    depends_on: [b]\n")
    with pytest.raises(TopologyError) as caught:
        Document(ComposeFiles((path,)), "x").services()
    assert str(caught.value) == (
        f"{path}:7: services.d: depends on b, which only the profile debug has;"
        " ask for it with --profile"
    )


def test_hosts_of_profiles_alone_say_which(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text("services:\n  b: {image: x, profiles: [debug]}\n")
    with pytest.raises(TopologyError, match=r"ask for one with --profile \(debug\)$"):
        Document(ComposeFiles((path,)), "x").services()


def test_mistake_is_told_of_the_file_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("services:\n  a: {image: x}\n")
    (tmp_path / "b.yaml").write_text("services:\n  a:\n    comand: x\n")
    with pytest.raises(TopologyError) as caught:
        Document(ComposeFiles((tmp_path / "a.yaml", tmp_path / "b.yaml")), "x")
    assert str(caught.value) == (
        f"{tmp_path}/b.yaml:3: services.a comand: no such key in a compose file;"
        " did you mean command?"
    )


@pytest.mark.parametrize(
    ("folder", "named", "project"),
    [
        ("plain", None, "plain"),
        ("_My Lab.2", None, "mylab2"),
        ("plain", "other", "other"),
        ("Ä", None, "socket-lab"),
    ],
)
def test_project_is_named_as_compose_names_it(
    folder: str,
    named: str | None,
    project: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COMPOSE_PROJECT_NAME", raising=False)
    path = tmp_path / folder / "compose.yaml"
    path.parent.mkdir()
    assert files.project_name(path, named, files.environment(path.parent)) == project
    (path.parent / ".env").write_text("COMPOSE_PROJECT_NAME=of-file\n")
    assert files.project_name(path, named, files.environment(path.parent)) == "of-file"
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "asked")
    assert files.project_name(path, named, files.environment(path.parent)) == "asked"
