"""What is done to a host means the same on every engine, in any order."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import runner
from lab.engines.base import Engine, Host, Lab
from lab.errors import EngineError
from tests.integration.left import assert_nothing_left
from tests.waiting import wait_until

PAIR = Path(__file__).parent / "topologies" / "pair.yaml"


@pytest.fixture
def pair(engine: Engine) -> Iterator[Lab]:
    """Two hosts that do nothing, for one test."""
    name = f"lab-test-{secrets.token_hex(3)}"
    with engine.guarded(name):
        lab = runner.up(engine, file=PAIR, name=name, build=False, progress=lambda _d, _t: None)
        yield lab
        lab.down(progress=lambda _d, _t: None)
    assert_nothing_left(name, 15)


def test_folder_of_the_machine_is_written_and_a_read_only_file_is_not(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"lab-test-{secrets.token_hex(3)}"
    monkeypatch.setenv("OUT", str(tmp_path))
    file = PAIR.with_name("volumes.yaml")
    with engine.guarded(name):
        lab = runner.up(engine, file=file, name=name, build=False, progress=lambda _d, _t: None)
        writer = lab.host("writer")
        write = "cat /given/pair.yaml >/out/copy; echo x >/scratch/x; echo x >/given/pair.yaml"
        output = writer.run(["sh", "-c", write], timeout_s=20)
        assert output.exit_status != 0
        assert b"Read-only file system" in output.stderr
        # In its time it gets SIGTERM, and may still write.
        lab.down(progress=lambda _d, _t: None)
    assert (tmp_path / "copy").read_text() == PAIR.read_text()
    assert (tmp_path / "ended").read_text() == "ended\n"
    assert_nothing_left(name, 15)


def reaches(host: Host, other: Host) -> bool:
    """Tell whether a host's UDP socket finds a way to the other: its neighbour answers (ARP)."""
    address = other.status().addresses[0]
    source = (
        "import socket, sys\n"
        "with socket.socket() as s:\n"
        "    s.settimeout(5)\n"
        "    sys.exit(s.connect_ex((sys.argv[1], 9)) != 111)\n"
    )
    return host.run(["python3", "-c", source, address], timeout_s=30).exit_status == 0


def state(host: Host) -> str:
    return host.status().state


def test_restarted_host_runs_and_is_reached_again(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    for _ in range(3):
        left.restart()
        assert state(left) == "running"
        wait_until(lambda: reaches(right, left), "the restarted host to be reached")
        assert reaches(left, right)


def test_killed_host_ends_and_can_be_restarted(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    left.kill()
    wait_until(lambda: state(left) == "exited", "the end of the host")
    assert state(right) == "running"
    left.restart()
    assert state(left) == "running"
    wait_until(lambda: reaches(right, left), "the restarted host to be reached")


def test_disconnected_host_is_not_reached_until_it_is_connected(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    before = left.status().addresses
    left.disconnect()
    assert left.status().addresses == ()
    left.connect()
    assert left.status().addresses == before
    assert reaches(right, left)


def test_paused_host_is_still_reached_for_its_kernel_answers(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    left.pause()
    assert state(left) == "paused"
    assert reaches(right, left)
    left.resume()
    assert state(left) == "running"


def test_signal_that_is_none_is_refused_and_the_lab_lives(pair: Lab) -> None:
    with pytest.raises(EngineError, match="left"):
        pair.host("left").kill("NONSENSE")
    assert {host.state for host in pair.status().hosts} == {"running"}


def test_many_signals_to_an_ending_host_end_no_other(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    for _ in range(8):
        try:
            left.kill("TERM")
        except EngineError:
            break  # it has ended
    wait_until(lambda: state(left) == "exited", "the end of the host")
    assert state(right) == "running"
