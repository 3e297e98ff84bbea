"""When a host's health check runs, and what its results make of the host: with real programs."""

import os
import select
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lab.compose.model import Health
from lab.engines.namespaces.host import health, processes
from lab.engines.namespaces.host.health import HealthCheck
from tests.waiting import wait_until

PATH = {"PATH": "/usr/bin:/bin"}


def check(results: list[str], *argv: str, **other: float) -> HealthCheck:
    """Make a check as it is for a program that has just been started."""
    times = {"interval_s": 0.05, "timeout_s": 10.0, "start_period_s": 0.0, **other}
    return HealthCheck(Health(argv, retries=2, **times), start, results.append)


def start(argv: Sequence[str], files: Sequence[int]) -> tuple[int, bytes]:
    """Start a program without the rights that it is given on a host, or say why it cannot be."""
    try:
        return processes.spawn(argv, PATH, files), b""
    except OSError as error:
        return 0, str(error.strerror).encode()


def turn_until(condition: Callable[[], bool], checked: HealthCheck, within_s: float = 20.0) -> None:
    """Do what process 1 of a host does."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s
        output = [] if checked.output is None else [checked.output]
        wait_s = max(0.0, min(0.01, checked.next_turn_s() - time.monotonic()))
        if select.select(output, [], [], wait_s)[0]:
            checked.read()
        for pid, status in processes.reaped():
            checked.reaped(pid, status)
        checked.turn()


def test_a_check_that_passes_makes_it_healthy() -> None:
    results: list[str] = []
    turn_until(lambda: bool(results), check(results, "true"))
    assert results == ["healthy"]


def test_a_check_runs_at_once_when_sockets_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_FIRST_CHECK_S", 3600.0)
    results: list[str] = []
    checked = check(results, "true")
    with socket.create_server(("127.0.0.1", 0)):
        turn_until(lambda: bool(results), checked)
    assert results == ["healthy"]


def test_what_a_check_waits_for_is_found_without_a_change_of_sockets(tmp_path: Path) -> None:
    results: list[str] = []
    ready = tmp_path / "ready"
    script = f"test -e {ready} || echo no >>{tmp_path}/asked; test -e {ready}"
    checked = check(results, "sh", "-c", script, start_period_s=60.0)
    turn_until((tmp_path / "asked").exists, checked)
    assert not results
    ready.touch()
    turn_until(lambda: bool(results), checked)
    assert results == ["healthy"]


def test_a_check_that_goes_on_failing_makes_it_unhealthy_when_patience_ends() -> None:
    results: list[str] = []
    began_s = time.monotonic()
    turn_until(lambda: bool(results), check(results, "false"))
    assert results == ["unhealthy"]
    assert time.monotonic() - began_s > 2 * 0.05


def test_a_check_that_takes_too_long_is_killed_and_counts_as_failed(tmp_path: Path) -> None:
    results: list[str] = []
    script = f"echo $$ >{tmp_path}/pid; exec sleep 60"
    turn_until(lambda: bool(results), check(results, "sh", "-c", script, timeout_s=0.2))
    assert results == ["unhealthy"]
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_healthy_one_becomes_unhealthy_only_after_so_many_failures(tmp_path: Path) -> None:
    results: list[str] = []
    broken = tmp_path / "broken"
    script = f"test ! -e {broken} || {{ echo no >>{broken}; false; }}"
    checked = check(results, "sh", "-c", script)
    turn_until(lambda: bool(results), checked)
    broken.touch()
    turn_until(lambda: len(results) == 2, checked)
    assert results == ["healthy", "unhealthy"]
    assert broken.read_text() == "no\nno\n"


def test_a_check_that_is_no_program_is_a_failed_one() -> None:
    results: list[str] = []
    turn_until(lambda: bool(results), check(results, "no-such-program"))
    assert results == ["unhealthy"]


def test_checks_in_the_start_period_are_at_the_start_interval(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    times = {"interval_s": 3600.0, "start_period_s": 3600.0, "start_interval_s": 0.01}
    checked = check([], "sh", "-c", f"echo ran >>{ran}; false", **times)
    turn_until(lambda: ran.exists() and len(ran.read_text()) > 2 * len("ran\n"), checked)


def test_checks_after_the_start_period_are_at_the_interval(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    times = {"interval_s": 3600.0, "start_period_s": 0.0, "start_interval_s": 0.01}
    checked = check([], "sh", "-c", f"echo ran >>{ran}; false", **times)
    turn_until(lambda: ran.exists() and checked.next_turn_s() > time.monotonic() + 60, checked)
    assert ran.read_text() == "ran\n"


def test_a_start_interval_is_waited_for_though_sockets_change(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    times = {"start_period_s": 7200.0, "start_interval_s": 3600.0}
    checked = check([], "sh", "-c", f"echo ran >>{ran}; false", **times)
    turn_until(lambda: ran.exists() and checked.next_turn_s() > time.monotonic() + 60, checked)
    with socket.create_server(("127.0.0.1", 0)):
        for _ in range(10):
            checked.turn()
        assert checked.next_turn_s() > time.monotonic() + 60
    assert ran.read_text() == "ran\n"


def test_what_a_check_says_is_kept_but_for_what_is_too_much(tmp_path: Path) -> None:
    results: list[str] = []
    checked = check(results, "sh", "-c", f"echo a; echo; echo b >&2; touch {tmp_path}/ran; exit 1")
    turn_until(lambda: bool(results), checked)
    assert checked.last_output == "a | b"
    checked = check(results, "sh", "-c", "yes | head -c 1000000; exit 1", timeout_s=30.0)
    turn_until(lambda: len(results) == 2, checked)
    assert checked.last_output == " | ".join("y" * 2048)


def test_a_check_that_is_not_there_says_so() -> None:
    results: list[str] = []
    checked = check(results, "no-such-check")
    turn_until(lambda: bool(results), checked)
    assert checked.last_output == "no-such-check: No such file or directory"


def test_a_socket_of_any_name_does_not_end_the_check() -> None:
    results: list[str] = []
    with socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(f"\0{os.getpid()}".encode() + b"/\xff\xfe\n\n x")
        turn_until(lambda: bool(results), check(results, "true"))
    assert results == ["healthy"]


def test_a_check_that_runs_while_the_host_is_paused_has_its_time_after_it(tmp_path: Path) -> None:
    results: list[str] = []
    script = f"touch {tmp_path}/runs; while ! test -e {tmp_path}/go; do sleep 0.01; done"
    checked = check(results, "sh", "-c", script, timeout_s=1.0)
    turn_until((tmp_path / "runs").exists, checked)
    checked.hold()
    began_s = time.monotonic()
    wait_until(lambda: time.monotonic() - began_s > 1.1, "more than the check's time to pass")
    checked.go_on()
    checked.turn()
    (tmp_path / "go").touch()
    turn_until(lambda: bool(results), checked)
    assert results == ["healthy"]
