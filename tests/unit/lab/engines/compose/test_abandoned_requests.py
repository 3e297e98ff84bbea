"""Nothing comes into being after the clean-up, however slow the engine is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.engines.compose import RUN_BY
from lab.engines.compose.cleanup import guarded
from lab.engines.compose.compose_cli import compose
from tests.unit.lab.engines.compose import slow_engine
from tests.unit.lab.engines.compose.slow_engine import WITHIN_S, SlowEngine

NAME = "lab-slow"
ROOT = Path(__file__).parents[5]
# Of these the old clean-up saw none left: one look sufficed it, or a second without anything.
ONE_LOOK, SECONDS_OF_LOOKS = 2, 15


@contextmanager
def engine_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lists: int) -> Iterator[SlowEngine]:
    path = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with slow_engine.running(path, lists) as engine:
        yield engine


def begun_client(engine: SlowEngine, monkeypatch: pytest.MonkeyPatch) -> subprocess.Popen[bytes]:
    monkeypatch.setenv(RUN_BY, NAME)
    argv = [sys.executable, "-m", "tests.unit.lab.engines.compose.slow_engine"]
    client = subprocess.Popen(argv, cwd=ROOT)
    assert engine.begun.wait(WITHIN_S)
    return client


def assert_nothing_comes(engine: SlowEngine) -> None:
    engine.hurry()
    assert engine.done.wait(WITHIN_S)
    assert engine.containers == {}
    assert engine.volumes == engine.made_anew == []


def test_interrupted_up_waits_for_what_the_engine_still_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_of(tmp_path, monkeypatch, ONE_LOOK) as engine:

        def interrupted() -> None:
            with guarded(NAME):
                client = begun_client(engine, monkeypatch)
                client.kill()
                client.wait()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert_nothing_comes(engine)


def test_reaper_waits_for_what_the_engine_still_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_of(tmp_path, monkeypatch, SECONDS_OF_LOOKS) as engine:
        client = begun_client(engine, monkeypatch)
        monkeypatch.delenv(RUN_BY)
        argv = [sys.executable, "-m", "lab.engines.compose.reaper", NAME]
        subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, timeout=WITHIN_S, check=True)
        assert client.wait(WITHIN_S)
        assert_nothing_comes(engine)


def test_request_abandoned_before_is_nobody_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_of(tmp_path, monkeypatch, SECONDS_OF_LOOKS) as engine:
        client = begun_client(engine, monkeypatch)
        client.kill()
        client.wait()
        with pytest.raises(RuntimeError), guarded(NAME):
            raise RuntimeError
        assert not engine.done.is_set()


def test_interrupted_command_has_ended_with_all_its_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho up >&2\nsleep 600 & echo $! >&2\nwait\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        if line.isdigit():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compose(NAME, ["up"], on_line=interrupt)
    state = Path(f"/proc/{lines[-1]}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
