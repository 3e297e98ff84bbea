"""The fixture `lab` in a user's own project: what it gives, what it undoes, what it leaves."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.engines import choice
from lab.errors import EvidenceError
from lab.evidence import event_file
from lab.evidence.events import End, Start
from lab.evidence.packets import packets
from lab.runner import run
from tests import installed
from tests.integration.left import assert_nothing_left, left_of
from tests.plugin.conftest import Project, image_for
from tests.waiting import wait_until

pytest_plugins = ["pytester"]

on_both = pytest.mark.parametrize("project", choice.NAMES, indirect=True)
FAILS = """
def test_the_data_is_lost(lab):
    server, client = connected(lab)
    server.settimeout(0.1)
    with lab.link("client", "server").drop(data=True):
        client.sendall(b"hello")
        assert server.recv(5) == b"hello"
"""


@on_both
def test_a_test_has_sockets_and_faults_and_what_it_did_is_undone(project: Project) -> None:
    project.tests("""
import pytest

def test_uses(lab):
    server, client = connected(lab)
    lab.link("client", "server").add("drop", {"protocol": "udp"}, stay=True)
    lab.host("server").pause()
    lab.host("client").disconnect()

def test_finds_it_as_new(lab):
    assert lab.faults() == []
    with lab.link("client", "server").drop(tcp="syn", first=1) as fault:
        server, client = connected(lab)
    assert fault.acted == 1
    client.sendall(b"hello")
    assert server.recv(5) == b"hello"
    with pytest.raises(ConnectionRefusedError):
        lab.host("client").socket().connect(("server", 9))
    lab.host("server").kill()

def test_has_another_lab_after_a_host_was_killed(lab):
    server, client = connected(lab)
    lab.host("server").restart()
""")
    project.run().assert_outcomes(passed=3)
    assert project.kept() == []
    assert not (project.path / "results").exists()


@on_both
def test_a_failing_test_keeps_its_evidence_and_shows_it(project: Project) -> None:
    project.tests(FAILS)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * TimeoutError: timed out",
            "*- socket lab -*",
            f"evidence ({project.engine}): results/test_time.test_the_data_is_lost/001/*",
            "fault server/1: drop data=True on client -> server: acted on * of * packets matched",
            '*client: sendall(*, "hello") returned',
            "*server: recv(*, 5) raised TimeoutError: timed out",
            "*client -> server: *: delivered",
        ]
    )
    assert "lab/api" not in result.stdout.str(), "the lab's own frames are in the traceback"
    where = "test_time.test_the_data_is_lost/001"
    assert project.kept() == [
        f"{where}/{name}" for name in ("events.jsonl", "report.html", "verdict.json", "wire.pcapng")
    ]
    first, *_, last = event_file.read(project.path / "results" / where)
    assert isinstance(first, Start)
    assert isinstance(last, End)
    assert last.errors == ()
    seen = packets(project.path / "results" / where / "wire.pcapng")
    assert any(one.fate.text.startswith("dropped by fault server/1") for one in seen)
    verdict = json.loads((project.path / "results" / where / "verdict.json").read_text())
    assert (verdict["verdict"], verdict["engine"]) == ("FAIL", project.engine)
    assert verdict["judgements"][0]["found"] == "TimeoutError: timed out"
    with pytest.raises(EvidenceError, match=r"is of the test test_time\.py::test_the_data"):
        run.verify(project.path / "results" / where)


def test_what_fails_after_the_test_keeps_the_evidence_too(project: Project) -> None:
    project.tests("""
import pytest

@pytest.fixture
def outer():
    yield
    assert False, "too late"

def test_passes(outer, lab):
    connected(lab)
""")
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["evidence (namespaces): results/test_time.test_passes/001/report.html"]
    )
    assert "test_time.test_passes/001/wire.pcapng" in project.kept()


def test_evidence_of_what_passes_is_kept_when_asked_for(project: Project) -> None:
    project.tests("def test_passes(lab): connected(lab)\n")
    project.write("pytest.ini", "[pytest]\nlab_results = of/tests\n")
    nowhere = project.run("--lab-results", "/proc/nowhere")
    nowhere.assert_outcomes(errors=1)
    nowhere.stdout.fnmatch_lines(["no place for evidence: * '/proc/nowhere'; choose another *"])
    project.run("--lab-keep", "--lab-no-packets").assert_outcomes(passed=1)
    assert project.kept() == []
    found = sorted(path.name for path in (project.path / "of/tests").rglob("*") if path.is_file())
    assert found == ["events.jsonl", "report.html", "verdict.json"]


def test_a_host_that_has_ended_by_itself_is_there_again_for_the_next_test(
    project: Project,
) -> None:
    text = (project.path / "compose.yaml").read_text()
    once = "sh -c 'while ! test -e /tmp/end; do sleep 0.01; done'"
    project.write("compose.yaml", text.replace("native: sleep infinity", f"native: {once}"))
    project.tests("""
def test_ends_it(lab):
    lab.host("server").run(["touch", "/tmp/end"])
    while lab.host("server").status().state == "running":
        pass

def test_finds_it(lab):
    connected(lab)
""")
    project.run().assert_outcomes(passed=2)


def test_what_the_engine_makes_otherwise_is_a_note_where_a_test_fails(project: Project) -> None:
    text = (project.path / "compose.yaml").read_text()
    project.write("compose.yaml", text.replace("    init: true\n", "    mem_limit: 64m\n"))
    project.tests("def test_fails(lab): assert False\n")
    project.run().stdout.fnmatch_lines(["note: *mem_limit*"])


def test_a_call_that_never_returned_is_in_the_evidence_and_ends_with_the_test(
    project: Project,
) -> None:
    project.tests("""
import threading

def test_waits(lab):
    server, client = connected(lab)
    waiting = lab.host("server").calls.start("recv", socket=server.name, bytes=5)
    threading.Thread(target=lambda: client.recv(1), daemon=True).start()
    assert waiting.result(0.05)

def test_next(lab):
    connected(lab)
""")
    result = project.run()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*server: recv(*, 5) has not returned"])


def test_each_worker_of_xdist_has_its_lab(project: Project) -> None:
    project.tests("""
import pathlib, pytest

@pytest.mark.parametrize("number", range(6))
def test_uses(lab, number, worker_id):
    connected(lab)
    pathlib.Path(f"lab-of-{worker_id}-{lab.name}").touch()
""")
    project.run("-n", "2").assert_outcomes(passed=6)
    names = [path.name.split("-", 3)[2:] for path in project.path.glob("lab-of-*")]
    assert sorted(worker for worker, _ in names) == ["gw0", "gw1"]
    for _, name in names:
        assert_nothing_left(name, 15)


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL], ids=["int", "kill"])
@on_both
def test_whatever_ends_it_nothing_of_the_lab_is_left(project: Project, way: signal.Signals) -> None:
    project.tests("""
import pathlib, time

def test_hangs(lab):
    server, client = connected(lab)
    pathlib.Path("name").write_text(lab.name + "\\n")
    client.settimeout(None)
    client.recv(1)
""")
    argv = [sys.executable, "-m", "pytest", *project.options()]
    with subprocess.Popen(argv, cwd=project.path, stdout=subprocess.PIPE, text=True) as process:
        file = project.path / "name"
        wait_until(lambda: file.exists() and file.read_text().endswith("\n"), "the test hangs", 60)
        name = file.read_text().strip()
        assert left_of(name)
        process.send_signal(way)
        output, _ = process.communicate(timeout=60)
    assert_nothing_left(name, 15)
    assert "test_time.test_hangs/001/events.jsonl" in project.kept()
    if way == signal.SIGINT:
        assert process.returncode == pytest.ExitCode.INTERRUPTED
        assert "socket lab: evidence of test_time.py::test_hangs: results/test_time" in output


def test_ctrl_c_with_workers_of_xdist_leaves_nothing(project: Project) -> None:
    project.tests("""
import pathlib, pytest

@pytest.mark.parametrize("number", range(2))
def test_hangs(lab, number):
    server, client = connected(lab)
    pathlib.Path(f"name-{number}").write_text(lab.name + "\\n")
    client.settimeout(None)
    client.recv(1)
""")
    argv = [sys.executable, "-m", "pytest", *project.options(), "-n", "2"]
    with subprocess.Popen(
        argv, cwd=project.path, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        files = [project.path / f"name-{number}" for number in range(2)]
        wait_until(
            lambda: all(file.exists() and file.read_text().endswith("\n") for file in files),
            "both tests hang",
            60,
        )
        names = [file.read_text().strip() for file in files]
        assert all(left_of(name) for name in names)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        process.wait(timeout=60)
    for name in names:
        assert_nothing_left(name, 15)


def test_a_wrong_compose_file_is_an_error_with_its_line(project: Project) -> None:
    project.write("wrong.yaml", "services:\n  a:\n    image: [socket-lab/x]\n")
    project.tests("def test_one(lab): pass\ndef test_two(lab): pass\n")
    result = project.run("--lab-compose", "wrong.yaml")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["no lab on the engine namespaces: */wrong.yaml:3: *image must be a string*"]
    )
    assert project.kept() == []


@installed.needs_docker_command
def test_an_engine_that_cannot_work_names_what_is_missing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{project.path}/nobody.sock")
    project.engine = choice.COMPOSE
    project.tests("def test_one(lab): pass\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no lab on the engine compose: *Docker Engine: no answer at*"])


def test_an_unknown_engine_is_refused_before_anything_starts(project: Project) -> None:
    project.engine = "nmespaces"
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --lab-engine nmespaces: must be one of compose, *"])


def test_a_project_may_name_its_compose_file(project: Project) -> None:
    (project.path / "compose.yaml").rename(project.path / "other.yaml")
    project.tests("def test_one(lab): connected(lab)\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*compose.yaml*"])
    project.write("pytest.ini", "[pytest]\nlab_compose = other.yaml\n")
    project.run().assert_outcomes(passed=1)
    project.write("pytest.ini", "[pytest]\n")
    project.write(
        "conftest.py",
        "import pathlib, pytest\n\n@pytest.fixture(scope='session')\n"
        "def lab_compose_file(): return pathlib.Path('other.yaml')\n",
    )
    project.run().assert_outcomes(passed=1)


def test_without_a_lab_no_file_is_made(project: Project, tmp_path: Path) -> None:
    del tmp_path
    project.tests("def test_plain(): pass\n")
    project.run().assert_outcomes(passed=1)
    assert not (project.path / "results").exists()


DIES_OF_RESET = """\
import socket

with socket.create_server(("", 9000)) as door:
    print("ready", flush=True)
    while True:
        peer, _ = door.accept()
        with peer:
            peer.sendall(b"hello " + peer.recv(100))
"""
GREETER = """\
services:
  server:
    image: {image}
    pull_policy: never
    entrypoint: [python3, /app/greeter.py]
    volumes: [".:/app:ro"]
    healthcheck:
      test: [CMD, python3, -c, "import socket; socket.create_connection(('localhost', 9000))"]
      interval: 200ms
    labels: {{socket-lab.native: python3 greeter.py}}
    init: true
    stop_grace_period: 0s
    networks: [wire]
  client:
    image: {image}
    pull_policy: never
    entrypoint: [sleep, infinity]
    labels: {{socket-lab.native: sleep infinity}}
    init: true
    stop_grace_period: 0s
    networks: [wire]
networks:
  wire: {{internal: true}}
"""
GREETED = """\
import pytest


def greeted(lab):
    sock = lab.host("client").socket()
    sock.settimeout(20)
    sock.connect(("server", 9000))
    return sock


@pytest.mark.parametrize("number", range({rounds}))
def test_leaves_a_connection_whose_reset_ends_the_server(lab, number):
    greeted(lab)


@pytest.mark.parametrize("number", range({rounds}))
def test_finds_a_server(lab, number):
    sock = greeted(lab)
    sock.sendall(b"you")
    assert sock.recv(100) == b"hello you"
"""


@on_both
def test_no_test_gets_a_lab_whose_program_dies_of_the_last_ones_end(project: Project) -> None:
    project.write("compose.yaml", GREETER.format(image=image_for(project.engine)))
    project.write("greeter.py", DIES_OF_RESET)
    rounds = 4 if project.engine == choice.NAMESPACES else 2
    text = GREETED.format(rounds=rounds)
    # Of each kind one after the other.
    project.write("test_greeted.py", text)
    project.write(
        "conftest.py",
        "def pytest_collection_modifyitems(items):\n"
        "    items.sort(key=lambda item: item.name.partition('[')[2])\n",
    )
    result = project.run("test_greeted.py")
    result.assert_outcomes(passed=2 * rounds)


def test_a_failing_test_shows_what_programs_printed(project: Project) -> None:
    project.tests(
        "def test_fails(lab):\n"
        "    lab.host('client').run(['sh', '-c', 'echo so; echo why >&2; exit 3'])\n"
        "    assert False\n"
    )
    result = project.run()
    result.stdout.fnmatch_lines(
        ["program sh -c echo so; echo why >&2; exit 3 on client: exit 3", "  so", "  why"]
    )


def test_a_failing_test_shows_the_traceback_of_a_hosts_program(project: Project) -> None:
    text = GREETER.format(image=image_for(project.engine))
    project.write("compose.yaml", text)
    project.write(
        "greeter.py", DIES_OF_RESET.replace("peer.recv(100)", "{b'': b''}[peer.recv(100)]")
    )
    project.write("test_greeted.py", GREETED.format(rounds=1))
    result = project.run("test_greeted.py", "-k", "finds")
    result.stdout.fnmatch_lines(["the last lines of server (exited):", "  KeyError: b'you'"])


def test_a_capture_begins_at_once_and_ends_with_the_test(project: Project) -> None:
    project.tests("""
import pytest
from lab.errors import UsageError

def test_never_stops_it(lab):
    lab.capture("whole.pcapng", hosts=["server"])
    server, client = connected(lab)
    client.sendall(b"hello")
    assert server.recv(5) == b"hello"

def test_stops_it(lab):
    capture = lab.capture("some.pcapng", hosts=["server"])
    server, client = connected(lab)
    with pytest.raises(UsageError, match="some.pcapng: has not ended; call stop"):
        capture.captured
    capture.stop()
    arrived = capture.captured.arrived_packets
    assert arrived >= 2
    client.sendall(b"hello")
    assert server.recv(5) == b"hello"
    capture.stop()
    assert capture.captured.arrived_packets == arrived
    with pytest.raises(UsageError, match="some.pcapng: has ended; make another"):
        with capture:
            pass

def test_has_no_place_for_it(lab):
    with pytest.raises(UsageError, match="choose another file for the capture"):
        lab.capture("/nowhere/some.pcapng")
    lab.capture("/dev/full")
    connected(lab)
    assert False
""")
    result = project.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["note: capture /dev/full: No space left on device"])
    hello = [one for one in packets(project.path / "whole.pcapng") if b"hello" in one.packet.data]
    assert [one.fate.text for one in hello] == ["delivered"]
    assert not [one for one in packets(project.path / "some.pcapng") if b"hello" in one.packet.data]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            'link("client", "server").drop(dta=True)',
            "UsageError: drop: 'dta': no such parameter; did you mean data?",
        ),
        (
            'link("client", "server").delay("100ms")',
            "UsageError: delay: '100ms': parameters are given by name, as delay_ms=...",
        ),
        (
            'link("client", "server").delay(delay_ms="100ms")',
            "UsageError: delay: delay_ms '100ms': must be a number from 0 to 600000",
        ),
        (
            'link("client", "server").dorp()',
            "AttributeError: a link has no 'dorp'; did you mean drop?",
        ),
        (
            'link("client", "server").fault("dorp")',
            "UsageError: 'dorp' is no impairment; did you mean drop?",
        ),
        ('capture("x", hosts=["servr"])', "UsageError: host 'servr': *; did you mean server?"),
        ('capture("/nowhere/x")', "UsageError: /nowhere/x: No such file or directory; choose *"),
        ('host("client").run(["true"], user="nobody")', "UsageError: *: no user nobody; *"),
        ('host("client").start(["true"], user="nobody")', "UsageError: *: no user nobody; *"),
    ],
)
def test_what_makes_no_sense_is_an_error_of_the_tests_own_line(
    project: Project, call: str, said: str
) -> None:
    project.write("test_wrong.py", f"def test_asks(lab):\n    lab.{call}\n")
    result = project.run("--lab-no-packets")
    shown = call.replace("[", "[[]")
    result.stdout.fnmatch_lines([f">*lab.{shown}", f"E  *{said}", "test_wrong.py:2: *"])
    assert not [line for line in result.outlines if ".py:" in line and "/lab/" in line]
