"""The socket calls of traced programs, and faults of them, by the API and by `lab trace`."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import docker
import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.engines import choice
from lab.errors import EngineError, UsageError
from lab.evidence.events import ProgramCall
from tests.integration import command
from tests.integration.left import left_of
from tests.integration.own_lab import own_lab
from tests.waiting import wait_until

WITHIN_S = 30.0
PORT = 8000
CONNECTS = """
import socket
for _ in range(4):
    with socket.socket() as s:
        try:
            s.connect(("right", 9))
        except OSError as error:
            print(error.strerror)
"""
PAIR = """
import socket
a, b = socket.socketpair()
print(a.send(b"hello"), b.recv(9))
"""
FORKS = """
import os, socket
print(os.getpid(), flush=True)
if os.fork() == 0:
    socket.socket().connect_ex(("127.0.0.1", 9))
    os._exit(0)
os.wait()
"""
WAITS = """
import socket, sys
print("begun", flush=True)
socket.create_server(("", 8001)).accept()
"""


@pytest.fixture(scope="module")
def pair(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "pair.yaml") as lab:
        yield lab


@pytest.fixture(autouse=True)
def _tracers_end(pair: Lab) -> Iterator[None]:
    yield
    pair.close()
    wait_until(lambda: not tracers_of(pair.name), "no tracer is left")


def tracers_of(name: str) -> Sequence[str]:
    """Return the lab's tracers: containers, or `PID: COMMAND`."""
    return [one for one in left_of(name) if "-tracer-" in one or "lab-tracer" in one]


def python(program: str) -> Sequence[str]:
    return ["python3", "-E", "-c", program]


def calls(found: Sequence[ProgramCall], name: str) -> Sequence[ProgramCall]:
    """Return those of Internet sockets; a Python may be a script that asks its machine more."""
    return [
        one
        for one in found
        if one.call == name and one.socket and one.socket.family in {"AF_INET", "AF_INET6"}
    ]


def test_calls_have_their_arguments_and_what_came_of_them(pair: Lab) -> None:
    output = pair.host("left").run(python(CONNECTS), trace=True, timeout_s=WITHIN_S)
    assert output.exit_status == 0, output.stderr
    connects = calls(output.calls, "connect")
    assert len(connects) == 4
    addresses = pair.addresses()["right"]
    for one in connects:
        assert one.error == "ECONNREFUSED"
        assert one.result is None
        assert one.arguments["addr"] in {f"{address}:9" for address in addresses}
        assert one.ended_ns is not None
        assert 0 < one.ended_ns - one.began_ns < WITHIN_S * 1e9
        assert one.program.startswith("python3")
        assert one.host == "left"


def test_nothing_of_a_program_that_is_not_traced(pair: Lab) -> None:
    with pair.host("left").start(python(CONNECTS)) as program:
        assert program.process.wait(WITHIN_S) == 0
        assert program.calls == ()
    assert tracers_of(pair.name) == []


def test_calls_of_a_child_are_seen(pair: Lab) -> None:
    output = pair.host("left").run(python(FORKS), trace=True, timeout_s=WITHIN_S)
    (connect,) = calls(output.calls, "connect")
    assert connect.error == "ECONNREFUSED"
    assert connect.pid != int(output.stdout)


def test_the_third_connect_fails_and_is_not_made(pair: Lab) -> None:
    host = pair.host("left")
    with host.call("connect", peer="right:9", protocol="tcp").fails("ETIMEDOUT", nth=3) as fault:
        output = host.run(python(CONNECTS), trace=True, timeout_s=WITHIN_S)
        assert (fault.matched, fault.acted) == (4, 1)
    assert output.stdout.decode().split("\n")[:4] == [
        *("Connection refused", "Connection refused"),
        *("Connection timed out", "Connection refused"),
    ]
    (failed,) = [one for one in output.calls if one.fault]
    assert (failed.error, failed.fault) == ("ETIMEDOUT", fault.added.id)
    after = host.run(python(CONNECTS), trace=True, timeout_s=WITHIN_S)
    assert b"timed out" not in after.stdout
    assert fault.acted == 1


def test_short_counts(pair: Lab) -> None:
    host = pair.host("left")
    with host.call("sendto", family="AF_UNIX").moves_at_most(3) as fault:
        output = host.run(python(PAIR), trace=True, timeout_s=WITHIN_S)
    assert output.stdout == b"3 b'hel'\n"
    assert fault.acted == 1


def test_calls_that_wait(pair: Lab) -> None:
    host = pair.host("left")
    with host.call("recvfrom", family="AF_UNIX").waits(300):
        output = host.run(python(PAIR), trace=True, timeout_s=WITHIN_S)
    (received,) = [one for one in output.calls if one.call == "recvfrom" and one.fault]
    assert received.ended_ns is not None
    assert received.ended_ns - received.began_ns >= 300e6


@pytest.mark.parametrize(
    ("call", "errno", "why"),
    [
        ("conect", "ETIMEDOUT", "call 'conect'"),
        ("connect", "EPIPE", "connect(2) does not list it"),
        ("connect", "ENOSUCH", "there is none of this name"),
    ],
)
def test_faults_that_make_no_sense(pair: Lab, call: str, errno: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        pair.host("left").call(call).fails(errno)
    assert why in str(caught.value)


def test_a_paused_host_stops_what_is_traced(pair: Lab) -> None:
    host = pair.host("left")
    with host.start(python(WAITS), trace=True) as program:
        assert program.process.stdout
        assert program.process.stdout.readline() == b"begun\n"
        host.pause()
        host.resume()
        connected = pair.host("right").run(
            python("import socket; socket.create_connection(('left', 8001), 20)")
        )
        assert connected.exit_status == 0, connected.stderr
        assert program.process.wait(WITHIN_S) == 0
        (accepted,) = calls(program.calls, "accept4")
        assert accepted.error is None
        assert accepted.made


def test_a_tracer_that_others_end_is_said(pair: Lab, engine: Engine) -> None:
    host = pair.host("left")
    with host.start(python(WAITS), trace=True) as program:
        assert program.process.stdout
        assert program.process.stdout.readline() == b"begun\n"
        _kill(tracers_of(pair.name), engine)
        with pytest.raises(EngineError, match="calls of it are missing"):
            wait_until(lambda: not program.calls and False, "the end of the trace")
        # It has ended, too: its calls would have failed.
        assert program.process.wait(WITHIN_S) == 128 + signal.SIGKILL


def _kill(tracers: Sequence[str], engine: Engine) -> None:
    assert tracers
    if engine.name == choice.NAMESPACES:
        for one in tracers:
            os.kill(int(one.partition(":")[0]), signal.SIGKILL)
        return
    client = docker.from_env()
    try:
        for one in tracers:
            client.containers.get(one).kill()
    finally:
        client.close()


def test_the_command_shows_calls_beside_what_the_program_prints(pair: Lab, tmp_path: Path) -> None:
    argv = ("trace", "--lab", pair.name)
    done = command.run(*argv, "left", *python(f"{CONNECTS}\nraise SystemExit(7)"))
    assert done.returncode == 7, done.stderr
    assert done.stdout == "Connection refused\n" * 4
    assert "connect(3, right:9) = ECONNREFUSED" in done.stderr
    file = tmp_path / "calls.jsonl"
    done = command.run(*argv, "--json", "-o", str(file), "left", *python(CONNECTS))
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    made = [one for one in lines if one["kind"] == "program_call"]
    assert sum(one["call"] == "connect" and one["error"] == "ECONNREFUSED" for one in made) == 4


def test_a_program_that_is_not_there(pair: Lab) -> None:
    done = command.run("trace", "--lab", pair.name, "left", "nosuchprogram")
    assert done.returncode == 127
    assert "nosuchprogram" in done.stderr
