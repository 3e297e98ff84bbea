"""Nothing comes into being after the clean-up, however slow the engine is."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.engines.compose import RUN_BY, abandoned, ending
from lab.engines.compose.cleanup import guarded
from lab.engines.compose.compose_cli import compose
from lab.errors import EngineError
from tests.unit.lab.engines.compose import slow_engine
from tests.unit.lab.engines.compose.slow_engine import WITHIN_S, SlowEngine
from tests.waiting import wait_until

NAME = f"lab-slow-{os.getpid()}"  # who cleans up ends whatever works for a lab of the name
ROOT = Path(__file__).parents[5]
# Longer than one look, and than the second without anything that once was enough.
SLOW_S, SLOWER_S = 0.5, 2.0
# A `docker` that fails: as Compose, which gives all up with the first request that fails.
FAILS = """\
#!/bin/sh
cd {root}
{python} -m tests.unit.lab.engines.compose.slow_engine & client=$!
while [ ! -e {begun} ]; do sleep 0.01; done
kill -KILL $client
wait $client
echo one has failed >&2
exit 1
"""


@contextmanager
def engine_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow_s: float
) -> Iterator[SlowEngine]:
    """An engine, and a `docker` that asks it for a container."""
    path = tmp_path / "engine.sock"
    docker = tmp_path / "docker"
    docker.write_text(
        f"#!/bin/sh\ncd {ROOT} && {sys.executable} -m tests.unit.lab.engines.compose.slow_engine\n"
    )
    docker.chmod(0o755)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with slow_engine.running(path, slow_s) as engine:
        yield engine


def assert_nothing_comes(engine: SlowEngine) -> None:
    engine.hurry.set()
    assert engine.done.wait(WITHIN_S)
    assert engine.containers == {}
    assert engine.volumes == engine.made_anew == []


def test_interrupted_up_waits_for_what_the_engine_still_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_line: str) -> None:
        assert engine.begun.wait(WITHIN_S)
        raise KeyboardInterrupt

    with engine_of(tmp_path, monkeypatch, SLOW_S) as engine:
        with pytest.raises(KeyboardInterrupt), guarded(NAME):
            compose(NAME, ["up"], makes=True, on_line=interrupt)
        assert_nothing_comes(engine)


def test_up_that_is_interrupted_twice_waits_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time while it waits: then the reaper, which has been told of what, does."""

    def interrupt(_line: str) -> None:
        assert engine.begun.wait(WITHIN_S)
        threading.Thread(target=interrupt_again).start()
        raise KeyboardInterrupt

    def interrupt_again() -> None:
        wait_until(lambda: not ending.working_for(NAME), "its processes have been ended")
        os.kill(os.getpid(), signal.SIGINT)

    with engine_of(tmp_path, monkeypatch, SLOWER_S) as engine:
        with pytest.raises(KeyboardInterrupt), guarded(NAME):
            compose(NAME, ["up"], makes=True, on_line=interrupt)
        assert_nothing_comes(engine)


def test_up_that_fails_by_itself_waits_for_what_it_has_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "begun"

    def begins(line: str) -> None:
        if line == "asked":
            assert engine.begun.wait(WITHIN_S)
            begun.touch()

    with engine_of(tmp_path, monkeypatch, SLOW_S) as engine:
        script = FAILS.format(root=ROOT, python=sys.executable, begun=begun)
        (tmp_path / "docker").write_text(script)
        with pytest.raises(EngineError, match="one has failed"), guarded(NAME):
            compose(NAME, ["up"], makes=True, on_line=begins)
        assert_nothing_comes(engine)


def test_reaper_waits_for_what_the_engine_still_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_of(tmp_path, monkeypatch, SLOWER_S) as engine:
        client = subprocess.Popen(["docker"], env={**os.environ, RUN_BY: NAME})
        assert engine.begun.wait(WITHIN_S)
        argv = [sys.executable, "-m", "lab.engines.compose.reaper", NAME]
        subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, timeout=WITHIN_S, check=True)
        assert client.wait(WITHIN_S)
        assert_nothing_comes(engine)


def test_what_was_abandoned_before_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end() -> None:
        client.kill()
        client.wait()

    with engine_of(tmp_path, monkeypatch, WITHIN_S) as engine:
        argv = [sys.executable, "-m", "tests.unit.lab.engines.compose.slow_engine"]
        client = subprocess.Popen(argv, cwd=ROOT)
        assert engine.begun.wait(WITHIN_S)
        assert abandoned.by(end).under_way()
        assert not abandoned.by(end).under_way()


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
