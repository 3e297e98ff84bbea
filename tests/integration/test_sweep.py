"""`lab sweep` as a person or a program uses it: what it finds, what it leaves, how it ends."""

import html
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from lab.api.engine import Engine
from tests.integration import command
from tests.integration.helpers import LONGEST_S, ROOT
from tests.waiting import wait_until

# A few bytes each way. The server has one client at a time, and lets none keep it.
SERVER = """\
import socket
server = socket.create_server(("", 9000))
while True:
    connection, _ = server.accept()
    with connection:
        connection.settimeout(0.5)
        try:
            connection.sendall(connection.recv(100).upper())
        except OSError:
            pass
"""
# It waits for its answer for good.
CLIENT = """\
import socket, sys
address = socket.gethostbyname("server"), 9000
try:
    with socket.create_connection(address, timeout=2) as connection:
        connection.settimeout({timeout})
        connection.sendall(b"hello")
        print(connection.recv(100).decode())
except OSError as error:
    sys.exit(f"no answer: {{error}}")
"""
MINUTES_S = 600.0  # dozens of runs, on a busy machine
WHICH = ("--only", "server -> client IPv4 data", "--faults", "drop,cut", "--patience", "3s")
SENTENCE = "segment of server -> client (5 bytes: 'HELLO') on hangs the client (5 of 5 times)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "server.py").write_text(SERVER)
    write_client(tmp_path, "None")
    tmp_path.chmod(0o755)
    return tmp_path


def write_client(folder: Path, timeout_s: str) -> None:
    (folder / "client.py").write_text(CLIENT.format(timeout=timeout_s))


def sweep(folder: Path, engine: str, *more: str) -> subprocess.CompletedProcess[str]:
    return command.run(*argv(engine, *more), cwd=folder, longest_s=MINUTES_S)


def argv(engine: str, *more: str) -> tuple[str, ...]:
    programs = ("--server", "python3 server.py", "--client", "python3 client.py")
    return ("sweep", *programs, "--engine", engine, "--jobs", "6", *more)


def findings(folder: Path) -> list[Path]:
    return sorted(folder.glob("results/sweep-try/*/findings/*.yaml"))


def test_what_hangs_a_client_is_found(engine: Engine, folder: Path) -> None:
    done = sweep(folder, engine.name, *WHICH)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith(SENTENCE)
    assert "all else it survives" in lines
    assert lines[-1] == "page: results/sweep-try/001/sweep.html"
    page = (folder / lines[-1].removeprefix("page: ")).read_text()
    assert SENTENCE.removesuffix(" (5 of 5 times)") in html.unescape(page)
    assert len(findings(folder)) == 1


def test_what_was_found_is_gone_once_the_client_is_mended(namespaces: Engine, folder: Path) -> None:
    del namespaces
    engine = "namespaces"
    assert sweep(folder, engine, *WHICH).returncode == 1
    (scenario,) = findings(folder)
    # The scenario of it fails, and passes once the client has a timeout; so does the sweep.
    run = ("run", str(scenario), "--engine", engine)
    assert command.run(*run, cwd=folder).returncode == 1
    write_client(folder, "0.5")
    passed = command.run(*run, cwd=folder)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    clean = sweep(folder, engine, *WHICH, "--json")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    found = json.loads(clean.stdout)
    assert (folder / found["page"]).is_file()
    assert (found["findings"], found["tried"], found["planned"]) == ([], 2, 2)
    assert {one["outcome"] for one in found["trials"]} <= {"same", "late", "error"}
    assert all(one["acted"] for one in found["trials"])


def test_to_survive_is_more_than_to_report(namespaces: Engine, folder: Path) -> None:
    del namespaces
    write_client(folder, "0.5")
    only = ("--only", "cut server -> client IPv4 data", "--patience", "10s")
    done = sweep(folder, "namespaces", *only, "--survive")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fails the client (5 of 5 times)" in done.stdout
    assert "exit status 1: no answer: timed out" in done.stdout


def test_socket_calls_are_failed_too(namespaces: Engine, folder: Path) -> None:
    del namespaces
    only = ("--only", "call client recvfrom", "--calls", "ECONNRESET,EINTR", "--json")
    done = sweep(folder, "namespaces", *only)
    found = json.loads(done.stdout)
    # Python itself makes a call again that EINTR has ended (PEP 475).
    outcomes = {one["fault"]: one["outcome"] for one in found["trials"]}
    assert outcomes == {
        "call client recvfrom tcp 1 ECONNRESET": "error",
        "call client recvfrom tcp 1 EINTR": "same",
        "call client recvfrom tcp 1 1": "wrong output",
    }
    assert done.returncode == 1


def test_a_scenario_is_swept_with_its_own_expectations(namespaces: Engine, folder: Path) -> None:
    del namespaces
    (folder / "own.yaml").write_text(
        """\
title: A datagram is answered
shows: nobody sends it again
hosts: [server, client]
steps:
  - {on: server, call: bind, as: door, port: 21567, type: datagram}
  - {on: client, call: connect, as: c, to: "server:21567", type: datagram}
  - {on: client, call: send, socket: c, data: hello}
  - {on: server, call: recvfrom, socket: door, within: 1s}
"""
    )
    done = command.run(
        *("sweep", "own.yaml", "--engine", "namespaces", "--faults", "drop,duplicate", "--survive"),
        cwd=folder,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    first, detail, *_ = done.stdout.splitlines()
    assert first.startswith("losing the 1st datagram of client -> server (5 bytes: 'hello') fails")
    assert detail.strip().startswith("line 9")


def test_what_was_interrupted_shows_what_it_has_and_goes_on(
    namespaces: Engine, folder: Path
) -> None:
    del namespaces
    process = subprocess.Popen(
        [*command.ARGV, *argv("namespaces", "--faults", "drop")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = folder / "results" / "sweep-try" / "001" / "trials.jsonl"

    def lines() -> list[str]:
        return log.read_text().splitlines() if log.exists() else []

    try:
        wait_until(lambda: len(lines()) > 5, "three clean runs and two others", LONGEST_S)
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 130
    assert "packets: " in output
    before = len(lines())
    resumed = sweep(folder, "namespaces", "--faults", "drop", "--resume", str(log.parent))
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    runs = [json.loads(line) for line in lines() if line]
    keys = [(one["phase"], one["fault"], one["number"]) for one in runs[1:]]
    assert len(keys) == len(set(keys)), "nothing was run twice"
    assert len(runs) > before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--faults", "lose"), "'lose': must be of drop, cut, duplicate, delay, reset, corrupt"),
        (("--calls", "EWHAT"), "'EWHAT': no socket call fails with that"),
        (("--jobs", "0"), "'0': must be a whole number from 1"),
        (("--resume", "nowhere"), "nowhere: no sweep was begun there; it has no trials.jsonl"),
        (("--patience", "soon"), "'soon': must be a duration"),
        (("own.yaml",), "own.yaml: a scenario, or programs: choose one of them"),
    ],
)
def test_bad_input_is_refused_before_anything_starts(
    more: tuple[str, ...], said: str, folder: Path
) -> None:
    done = sweep(folder, "namespaces", *more)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (folder / "results").exists()


def test_less_patience_than_the_programs_need_is_refused(namespaces: Engine, folder: Path) -> None:
    del namespaces
    done = sweep(folder, "namespaces", "--patience", "1ms")
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    said = r"lab sweep: --patience 0\.001s: the clean runs take \d+\.\d+ s; give more"
    assert re.fullmatch(said, last), done.stderr


def test_programs_that_fail_by_themselves_are_told(namespaces: Engine, folder: Path) -> None:
    del namespaces
    (folder / "client.py").write_text("raise SystemError('no good')\n")
    done = sweep(folder, "namespaces")
    assert done.returncode == 2
    text = "lab sweep: without any fault client crashes: SystemError: no good"
    assert done.stderr.splitlines()[-1] == text
