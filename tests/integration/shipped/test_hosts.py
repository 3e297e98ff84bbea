"""What is done to a host means the same on every engine, in any order."""

import os
import resource
import select
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.api import lifecycle
from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.engines.namespaces import client
from lab.errors import EngineError
from lab.model import HostStatus
from tests.integration.command import TOPOLOGIES
from tests.integration.own_lab import own_lab, quiet
from tests.waiting import wait_until


@pytest.fixture
def pair(engine: Engine) -> Iterator[Lab]:
    """Two hosts that do nothing, for one test."""
    with own_lab(engine, "pair.yaml") as lab:
        yield lab


def test_folder_of_the_machine_is_written_and_a_read_only_file_is_not(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUT", str(tmp_path))
    with own_lab(engine, "volumes.yaml") as lab:
        write = "cat /given/pair.yaml >/out/copy; echo x >/scratch/x; echo x >/given/pair.yaml"
        output = lab.host("writer").run(["sh", "-c", write], timeout_s=20)
        assert output.exit_status != 0
        assert b"Read-only file system" in output.stderr
        # In its time it gets SIGTERM, and may still write.
        lab.down(progress=quiet)
    assert (tmp_path / "copy").read_text() == (TOPOLOGIES / "pair.yaml").read_text()
    assert (tmp_path / "ended").read_text() == "ended\n"


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


REFUSED = {
    "running": {
        "resume": "left: cannot resume: it is running",
        "connect": "left: cannot connect: it is connected",
    },
    "paused": {
        "pause": "left: cannot pause: it is paused",
        "exec": "left: cannot exec: it is paused; lab resume left lets it go on",
    },
    "exited": {
        verb: f"left: cannot {verb}: it is exited; lab restart left starts it again"
        for verb in ("pause", "resume", "kill", "disconnect", "connect", "exec")
    },
    "disconnected": {"disconnect": "left: cannot disconnect: it is disconnected"},
}
BRINGS_ABOUT = {"paused": "pause", "exited": "kill", "disconnected": "disconnect"}


def do(host: Host, verb: str) -> None:
    if verb == "exec":
        host.run(["true"], timeout_s=20)
    else:
        getattr(host, verb)()


@pytest.mark.parametrize("before", REFUSED)
def test_what_makes_no_sense_is_refused_in_the_same_words(pair: Lab, before: str) -> None:
    left = pair.host("left")
    if before in BRINGS_ABOUT:
        do(left, BRINGS_ABOUT[before])
    was = left.status()
    said = {}
    for verb in REFUSED[before]:
        with pytest.raises(EngineError) as refused:
            do(left, verb)
        said[verb] = str(refused.value)
    assert said == REFUSED[before]
    assert left.status() == was


def test_host_on_no_network_cannot_be_disconnected(lab: Lab) -> None:
    for verb in ("disconnect", "connect"):
        with pytest.raises(EngineError, match=f"^syslog: cannot {verb}: it is on no network$"):
            do(lab.host("syslog"), verb)


def test_signal_to_a_paused_host_lets_it_go_on(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    left.pause()
    left.kill("WINCH")  # ignored by default
    # Docker itself hears a little later that it runs.
    wait_until(lambda: state(left) == "running", "the host to go on")
    right.pause()
    right.kill("TERM")
    wait_until(lambda: state(right) == "exited", "the end of the host")


def test_program_that_was_stopped_before_a_pause_is_stopped_after_it(pair: Lab) -> None:
    left = pair.host("left")
    with left.start(["sleep", "600"]) as stopped, left.start(["sleep", "600"]) as other:
        stopped.signal("STOP")
        wait_until(lambda: letter(left, stopped.pid) == "T", "the program to stop")
        left.pause()
        left.resume()
        wait_until(lambda: letter(left, other.pid) == "S", "the other program to go on")
        assert letter(left, stopped.pid) == "T"


def letter(host: Host, pid: int) -> str:
    """Return the state of a program of the host, as proc(5) has it."""
    stat = host.run(["cat", f"/proc/{pid}/stat"], timeout_s=20).stdout.decode()
    return stat.rpartition(")")[2].split()[0]


def test_program_started_there_before_a_pause_is_frozen(pair: Lab) -> None:
    left = pair.host("left")
    count = ["sh", "-c", "n=0; while :; do n=$((n + 1)); echo $n; sleep 0.01; done"]
    with left.start(count) as program:
        assert program.process.stdout
        program.process.stdout.readline()
        left.pause()
        os.set_blocking(program.process.stdout.fileno(), False)
        while program.process.stdout.read():  # what was on its way
            pass
        # Frozen: not one more line in the time of many.
        assert not select.select([program.process.stdout], [], [], 0.3)[0]
        left.resume()
        assert select.select([program.process.stdout], [], [], 20)[0]


def test_program_on_its_way_to_a_host_that_is_paused_meanwhile_does_not_run(pair: Lab) -> None:
    left = pair.host("left")
    command = left.command(["echo", "it runs"])
    left.pause()
    done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"is paused" in done.stderr


def test_restarted_host_is_connected_as_it_was(pair: Lab) -> None:
    left, right = pair.host("left"), pair.host("right")
    before = left.status().addresses
    left.disconnect()
    left.restart()
    assert left.status().addresses == ()
    assert not reaches(left, right)
    left.connect()
    assert left.status().addresses == before
    wait_until(lambda: reaches(right, left), "the restarted host to be reached")
    left.restart()
    assert left.status().addresses == before


def test_hosts_are_connected_again_in_another_order_and_by_somebody_else(
    engine: Engine, pair: Lab
) -> None:
    before = {name: host.status().addresses for name, host in pair.hosts.items()}
    for name in ("left", "right"):
        pair.host(name).disconnect()
    for name in ("right", "left"):
        lifecycle.find([engine], pair.name).host(name).connect()
    assert {name: host.status().addresses for name, host in pair.hosts.items()} == before
    assert reaches(pair.host("left"), pair.host("right"))
    # By its name, too, and not only by its address.
    argv = ["python3", "-c", "import socket; socket.create_connection(('left', 9))"]
    assert b"ConnectionRefused" in pair.host("right").run(argv, timeout_s=20).stderr


@pytest.mark.parametrize("verb", ["disconnect", "pause", "kill"])
def test_name_of_a_host_is_known_whatever_is_done_to_it(pair: Lab, verb: str) -> None:
    left, right = pair.host("left"), pair.host("right")
    addresses = {*left.status().addresses}
    do(left, verb)
    source = "import socket; print(*{info[4][0] for info in socket.getaddrinfo('left', 9)})"
    output = right.run(["python3", "-c", source], timeout_s=20)
    assert set(output.stdout.decode().split()) == addresses, output


def test_host_knows_its_own_name_once_for_each_family(lab: Lab) -> None:
    source = "import socket; print(*[i[4][0] for i in socket.getaddrinfo('server', 9, type=1)])"
    for name in ("server", "client"):
        output = lab.host(name).run(["python3", "-c", source], timeout_s=20)
        found = output.stdout.decode().split()
        assert sorted(found) == sorted(lab.host("server").status().addresses), output


def test_paused_host_can_be_disconnected_and_connected(pair: Lab) -> None:
    left = pair.host("left")
    before = left.status().addresses
    left.pause()
    left.disconnect()
    assert left.status().addresses == ()
    left.connect()
    assert left.status() == HostStatus("left", "paused", None, before)


def test_restart_that_fails_says_why(namespaces: Engine, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(
        "services:\n  a:\n    image: socket-lab/host\n    entrypoint: [sleep, '600']\n"
        "    volumes: ['./out:/out', 'inner:/out/inner']\nvolumes: {inner: }\n"
    )
    (tmp_path / "out").mkdir()
    with own_lab(namespaces, file) as lab:
        (tmp_path / "out/inner").rmdir()
        (tmp_path / "out/inner").touch()
        with pytest.raises(EngineError, match=r"^a: restart: .*\(/out/inner\)$"):
            lab.host("a").restart()
        assert state(lab.host("a")) == "exited"
        (tmp_path / "out/inner").unlink()
        lab.host("a").restart()
        assert state(lab.host("a")) == "running"


def test_host_that_is_being_connected_is_not_disconnected_meanwhile(namespaces: Engine) -> None:
    with own_lab(namespaces, "pair.yaml") as pair, ThreadPoolExecutor(1) as meanwhile:
        left, right = pair.host("left"), pair.host("right")
        left.disconnect()
        init = client.request(pair.name, "status")["hosts"][0]["pid"]
        os.kill(init, signal.SIGSTOP)  # or it would have its addresses too soon to be disturbed
        try:
            connecting = meanwhile.submit(left.connect)
            wait_until(lambda: bool(left.status().addresses), "the host to be on its way")
            for verb in ("disconnect", "connect"):
                with pytest.raises(EngineError, match=f"^left: cannot {verb}: it is being connect"):
                    do(left, verb)
        finally:
            os.kill(init, signal.SIGCONT)
        connecting.result(20)
        assert state(left) == "running"
        assert reaches(right, left)


def test_host_whose_new_cable_is_gone_goes_on_without(namespaces: Engine) -> None:
    with own_lab(namespaces, "pair.yaml") as pair, ThreadPoolExecutor(1) as meanwhile:
        left, right = pair.host("left"), pair.host("right")
        left.disconnect()
        answer = client.request(pair.name, "status")
        init = answer["hosts"][0]["pid"]
        enter = ["nsenter", f"--net=/proc/{answer['pid']}/ns/net"]
        if os.geteuid():
            enter += [f"--user=/proc/{answer['pid']}/ns/user", "--preserve-credentials"]
        os.kill(init, signal.SIGSTOP)
        try:
            connecting = meanwhile.submit(left.connect)
            wait_until(lambda: bool(left.status().addresses), "the host to be on its way")
            subprocess.run([*enter, "ip", "link", "del", "h0.1.0"], check=True)
        finally:
            os.kill(init, signal.SIGCONT)
        with pytest.raises(EngineError, match=r"^left: connect: No such device$"):
            connecting.result(20)
        assert left.status() == HostStatus("left", "running", None, ())
        left.connect()
        assert reaches(right, left)


def test_process_1_goes_by_its_name_and_says_when_it_is_paused(namespaces: Engine) -> None:
    with own_lab(namespaces, "pair.yaml") as pair:
        left = pair.host("left")
        place = Path("/proc", str(client.request(pair.name, "status")["hosts"][0]["pid"]), "comm")
        before = place.read_text()
        left.pause()
        assert place.read_text() == "paused\n"
        left.resume()
        assert place.read_text() == before == "lab-init\n"


def test_restart_waits_for_a_host_that_may_take_its_time(
    namespaces: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(
        "services:\n  a:\n    image: socket-lab/host\n    stop_grace_period: 1s\n"
        "    entrypoint: [sh, -c, \"trap '' TERM; while :; do sleep 600; done\"]\n"
    )
    with own_lab(namespaces, file) as lab:
        monkeypatch.setattr(client, "_TIMEOUT_S", 0.5)
        lab.host("a").restart()
        assert state(lab.host("a")) == "running"


def test_programs_of_hosts_may_have_as_many_files_as_ever(namespaces: Engine) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lower = (min(before[1], 512), before[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, lower)
    try:
        with own_lab(namespaces, "pair.yaml") as pair:
            answer = client.request(pair.name, "status")
            assert resource.prlimit(answer["pid"], resource.RLIMIT_NOFILE)[0] == before[1]
            for host in answer["hosts"]:
                assert resource.prlimit(host["pid"], resource.RLIMIT_NOFILE) == lower
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
