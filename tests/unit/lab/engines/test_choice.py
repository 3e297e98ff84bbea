"""The engine is the one asked for, or the one that works here."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.engines import choice


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "docker.sock"))
        server.listen()
        yield tmp_path / "docker.sock"


def test_docker_answers_where_something_listens(
    listening: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{listening}")
    assert choice.docker_answers()


def test_docker_does_not_answer_where_nothing_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    assert not choice.docker_answers()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "left.sock"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/left.sock")
    assert not choice.docker_answers()
    (tmp_path / "file").touch()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/file")
    assert not choice.docker_answers()


def test_docker_does_not_answer_where_no_socket_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix:///{'x' * 200}")
    assert not choice.docker_answers()


@pytest.mark.parametrize("where", ["tcp://192.0.2.1:2375", "ssh://user@example.invalid"])
def test_docker_elsewhere_is_taken_at_its_word(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", where)
    assert choice.docker_answers()


def test_engine_that_is_asked_for_needs_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    engine, why = choice.choose(choice.NAMESPACES)
    assert (engine.name, why) == ("namespaces", "")


def test_without_docker_hosts_are_namespaces_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    engine, why = choice.choose(None)
    assert engine.name == "namespaces"
    assert "no Docker Engine answers" in why
    assert "--engine namespaces" in why
    assert "\n" not in why


def test_only_engines_that_can_have_labs_are_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    assert [engine.name for engine in choice.Usable()] == ["namespaces"]


def test_every_engine_has_a_name() -> None:
    assert set(choice.NAMES) == {"compose", "namespaces"}
