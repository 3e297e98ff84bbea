"""Whatever ends `lab up`, or the tests themselves, nothing is left."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.engines import choice
from lab.engines.compose import sweep
from lab.engines.namespaces import client
from tests import python_start
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.left import assert_nothing_left, left_of, processes_of
from tests.waiting import wait_until

NEVER_HEALTHY = str(command.TOPOLOGIES / "never-healthy.yaml")
# An engine may still work on what it was asked a moment ago; the kernel ends namespaces at once.
WITHIN_S = {choice.COMPOSE: 15.0, choice.NAMESPACES: 2.0}


def _begun(_name: str) -> bool:
    return True


def _engine_works(name: str) -> bool:
    return any("docker compose" in p or "supervisor/__main__.py" in p for p in processes_of(name))


def _network_there(name: str) -> bool:
    return f"{name}_wire" in left_of(name) or _program_there(name)


def _program_there(name: str) -> bool:
    return f"{name}-stuck-1" in left_of(name) or any("sleep" in p for p in processes_of(name))


MOMENTS = [_begun, _engine_works, _network_there, _program_there]
StartUp = Callable[[Engine, str], subprocess.Popen[str]]
WAYS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]


@pytest.fixture
def name() -> str:
    return f"lab-test-{secrets.token_hex(3)}"


@pytest.fixture
def start_up() -> Iterator[StartUp]:
    """Starts `lab up` of a lab that never gets up; a test that fails leaves none running."""
    started: list[subprocess.Popen[str]] = []

    def begin(engine: Engine, name: str) -> subprocess.Popen[str]:
        words = ("--engine", engine.name, "--file", NEVER_HEALTHY, "--name", name)
        started.append(command.start("up", *words))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("way", "status"), WAYS, ids=["int", "term", "kill"])
def test_up_that_is_ended_leaves_nothing(
    start_up: StartUp,
    engine: Engine,
    name: str,
    moment: Callable[[str], bool],
    way: signal.Signals,
    status: int,
) -> None:
    process = start_up(engine, name)
    wait_until(lambda: moment(name), f"the moment to end {name}")
    process.send_signal(way)
    _, stderr = process.communicate(timeout=LONGEST_S)
    # So early Python itself may end by the signal.
    by_python = process.returncode == -way or python_start.was_interrupted(stderr)
    if not (moment is _begun and by_python):
        assert process.returncode == status, stderr
        assert "Traceback" not in stderr
    assert_nothing_left(name, WITHIN_S[engine.name])


def test_second_interrupt_leaves_nothing_either(
    start_up: StartUp, engine: Engine, name: str
) -> None:
    process = start_up(engine, name)
    wait_until(lambda: _program_there(name), "a program")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LONGEST_S)
    assert_nothing_left(name, WITHIN_S[engine.name])


def test_host_that_ends_at_once_fails_up_and_leaves_nothing(engine: Engine, name: str) -> None:
    file = str(command.TOPOLOGIES / "ends-at-once.yaml")
    done = command.run("up", "--engine", engine.name, "--file", file, "--name", name)
    line = command.refused(done)
    assert "broken" in line
    assert "no coffee left" in line
    assert_nothing_left(name, WITHIN_S[engine.name])


def killed(pid: int) -> bool:
    """Kill a process that need not be a child; False when the lab may go on without it."""
    try:
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: state_of(pid)[0] in "TZ", f"process {pid} to stand still")
        state, parent = state_of(pid)
        needed = state == "T" and not ends_by_itself(pid, parent)
        os.kill(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return needed


def ends_by_itself(pid: int, parent: int) -> bool:
    """Whether a process that stands still has done its part, or nearly.

    A health check is an init until its program begins: a child of one. The supervisor is a fork of
    the process that `lab up` started; that one ends after the fork, and so does its other fork,
    which holds a user namespace until it is entered.
    """
    if is_init(pid):
        return is_init(parent)
    if not is_supervisor(pid) or is_process_1(pid):
        return False
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return bool(children) or is_supervisor(parent)


def state_of(pid: int) -> tuple[str, int]:
    state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return state, int(parent)


def is_init(pid: int) -> bool:
    return b"lab-init" in Path(f"/proc/{pid}/cmdline").read_bytes()


def is_supervisor(pid: int) -> bool:
    return b"supervisor/__main__.py" in Path(f"/proc/{pid}/cmdline").read_bytes()


def is_process_1(pid: int) -> bool:
    """Whether it is process 1 of its pid namespace; see pid_namespaces(7)."""
    status = Path(f"/proc/{pid}/status").read_text()
    ids = next(line for line in status.splitlines() if line.startswith("NSpid:"))
    return ids.split()[-1] == "1"


def test_lab_of_namespaces_killed_at_fifty_random_moments_leaves_nothing(
    start_up: StartUp, namespaces: Engine
) -> None:
    dice = random.Random(50)
    for number in range(50):
        name = f"lab-test-{secrets.token_hex(3)}"
        process = start_up(namespaces, name)
        # From before the first namespace to long after the program has been started.
        time.sleep(dice.uniform(0.0, 0.4))
        # Not a health check: its end is nobody else's.
        ours = ("supervisor", "lab-init", "sleep")
        victims = [p for p in processes_of(name) if any(word in p for word in ours)]
        victim = int(dice.choice(victims).partition(":")[0]) if number % 2 and victims else 0
        # One that has ended by itself since it was seen, as the supervisor's starter does, is no
        # loss.
        if not (victim and killed(victim)):
            process.kill()
        if number % 2:
            # Of a lab that was not up yet, no part lives on without the others.
            wait_until(lambda: not processes_of(name), f"the end of {name}", 5)  # noqa: B023
        process.communicate(timeout=LONGEST_S)
        assert_nothing_left(name, WITHIN_S[choice.NAMESPACES])


@pytest.mark.parametrize("kind", ["network", "volume"])
def test_what_is_left_of_a_lab_of_compose_is_listed_and_can_be_removed(
    docker_images: None, name: str, kind: str
) -> None:
    """As of one whose `lab down` was killed when its containers were gone."""
    del docker_images
    label = f"{sweep.LABEL}={name}"
    subprocess.run(
        ["docker", kind, "create", "--label", label, f"{name}_x"], check=True, capture_output=True
    )
    try:
        (status,) = command.run_json("status", name)
        assert (status["name"], status["engine"], status["hosts"]) == (name, choice.COMPOSE, [])
        assert command.run("down", name).stdout == f"gone: {name}\n"
        assert_nothing_left(name)
    finally:
        subprocess.run(["docker", kind, "rm", f"{name}_x"], check=False, capture_output=True)


def test_supervisor_that_is_killed_takes_its_lab_along(namespaces: Engine, name: str) -> None:
    done = command.run("up", "--engine", namespaces.name, "--file", command.PAIR, "--name", name)
    assert done.returncode == 0, done.stderr
    assert len(processes_of(name)) == 5  # the supervisor, two inits, two programs
    os.kill(client.request(name, "status")["pid"], signal.SIGKILL)
    assert_nothing_left(name, WITHIN_S[choice.NAMESPACES])


def test_killed_test_session_leaves_nothing(engine: Engine, name: str) -> None:
    argv = [sys.executable, "-m", "pytest", "-q", "-k", f"{engine.name} and client"]
    session = subprocess.Popen(
        [*argv, "tests/integration/shipped/test_separation.py"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LAB_TEST_NAME": name},
    )
    wait_until(lambda: bool(left_of(name)), "a lab of that session", LONGEST_S)
    session.kill()
    session.wait()
    assert_nothing_left(name, WITHIN_S[engine.name])


def test_killed_program_leaves_nothing_of_the_lab_it_guards(namespaces: Engine, name: str) -> None:
    # It kills itself when its lab is up, within the guard.
    source = (
        "import os, pathlib, sys\n"
        "from lab.api import lifecycle\n"
        "from lab.engines import choice\n"
        "engine = choice.load(sys.argv[1])\n"
        "with engine.guarded(sys.argv[2]):\n"
        "    lifecycle.up(engine, file=pathlib.Path(sys.argv[3]), name=sys.argv[2], build=False,"
        " progress=lambda doing, detail: None)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    argv = [sys.executable, "-c", source, namespaces.name, name, command.PAIR]
    done = subprocess.run(argv, cwd=ROOT, timeout=LONGEST_S, check=False)
    assert done.returncode == -signal.SIGKILL
    assert_nothing_left(name, WITHIN_S[choice.NAMESPACES])
