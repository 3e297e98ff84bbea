"""Whatever ends `lab up`, or the tests themselves, nothing is left."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.left import assert_nothing_left, left_of
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("docker_services")  # it has built the images

NEVER_HEALTHY = str(command.TOPOLOGIES / "never-healthy.yaml")
WITHIN_S = 15.0


def _begun(_name: str) -> bool:
    return True


def _compose_runs(name: str) -> bool:
    return any(": docker compose" in thing or "config" in thing for thing in left_of(name))


def _network_there(name: str) -> bool:
    return f"{name}_wire" in left_of(name)


def _container_there(name: str) -> bool:
    return f"{name}-stuck-1" in left_of(name)


MOMENTS = [_begun, _compose_runs, _network_there, _container_there]
WAYS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]


@pytest.fixture
def name() -> str:
    return f"lab-test-{secrets.token_hex(3)}"


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("way", "status"), WAYS, ids=["int", "term", "kill"])
def test_up_that_is_ended_leaves_nothing(
    name: str, moment: Callable[[str], bool], way: signal.Signals, status: int
) -> None:
    process = command.start("up", "--file", NEVER_HEALTHY, "--name", name)
    wait_until(lambda: moment(name), f"the moment to end {name}")
    process.send_signal(way)
    _, stderr = process.communicate(timeout=LONGEST_S)
    if moment is _begun and process.returncode in {-way, status}:
        pass  # so early that Python itself may end by the signal
    else:
        assert process.returncode == status, stderr
        assert "Traceback" not in stderr
    assert_nothing_left(name, WITHIN_S if way == signal.SIGKILL else 0)


def test_second_interrupt_leaves_nothing_either(name: str) -> None:
    process = command.start("up", "--file", NEVER_HEALTHY, "--name", name)
    wait_until(lambda: _container_there(name), "a container")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LONGEST_S)
    assert_nothing_left(name, WITHIN_S)


def test_host_that_ends_at_once_fails_up_and_leaves_nothing(name: str) -> None:
    file = str(command.TOPOLOGIES / "ends-at-once.yaml")
    line = command.refused(command.run("up", "--file", file, "--name", name))
    assert "broken" in line
    assert "no coffee left" in line
    assert_nothing_left(name)


def test_killed_test_session_leaves_nothing() -> None:
    before = _labs()
    argv = [sys.executable, "-m", "pytest", "-q", "tests/integration/test_separation.py"]
    session = subprocess.Popen(
        argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    wait_until(lambda: len(_labs() - before) == 1, "a lab of that session", LONGEST_S)
    (name,) = _labs() - before
    session.kill()
    session.wait()
    assert_nothing_left(name, WITHIN_S)


def _labs() -> set[str]:
    return {thing.rsplit("_", 1)[0] for thing in left_of("lab-test-") if thing.endswith("_wire")}
