"""What runs on hosts already: traced from then on, let go, and unharmed however that ends."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import docker
import pytest

from lab.api.engine import Engine
from lab.api.host_trace import HostTrace
from lab.api.lab import Lab
from lab.engines import choice
from lab.errors import EngineError
from lab.evidence.events import ProgramCall, TraceOff
from lab.evidence.verdict import Verdict
from lab.runner import run
from lab.scenario.reader import read
from tests.integration import command
from tests.integration.command import TOPOLOGIES
from tests.integration.helpers import LONGEST_S, ROOT
from tests.integration.left import left_of
from tests.integration.own_lab import own_lab, quiet
from tests.waiting import wait_until

WITHIN_S = 30.0
ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], 8000), 20) as line:
    line.sendall(b"hello")
    print(line.recv(100).decode())
"""


@pytest.fixture(scope="module")
def services(engine: Engine) -> Iterator[Lab]:
    with own_lab(engine, "services.yaml") as lab:
        for name in ("server", "epoll", "forks"):
            wait_until(partial(serves, lab, name), f"{name} serves")
        yield lab


@pytest.fixture(autouse=True)
def _tracers_end(services: Lab) -> Iterator[None]:
    yield
    services.close()
    wait_until(lambda: not tracers_of(services.name), "no tracer is left")


def tracers_of(name: str) -> Sequence[str]:
    return [one for one in left_of(name) if "-tracer-" in one or "lab-tracer" in one]


def ask(lab: Lab, name: str) -> str:
    """Let the client ask a server; return the answer."""
    done = lab.host("client").run(["python3", "-c", ASK, name], timeout_s=WITHIN_S)
    assert done.exit_status == 0, done.stderr
    return done.stdout.decode().strip()


def serves(lab: Lab, name: str) -> bool:
    argv = ["python3", "-c", ASK, name]
    return lab.host("client").run(argv, timeout_s=WITHIN_S).exit_status == 0


def own_pid(lab: Lab, name: str) -> int:
    """Return the process of a host's program, as this machine counts."""
    there = _host_names_of(lab, name)
    found = [
        int(one.name)
        for one in Path("/proc").glob("[0-9]*")
        if _is_server(one) and _host_names(one) == there
    ]
    assert len(found) == 1, found
    return found[0]


def _is_server(process: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"python" in words[0] and b"create_server" in b" ".join(words)


def _host_names(process: Path) -> str:
    try:
        return str((process / "ns/uts").readlink())
    except OSError:
        return ""


def _host_names_of(lab: Lab, name: str) -> str:
    done = lab.host(name).run(["readlink", "/proc/self/ns/uts"], timeout_s=WITHIN_S)
    return done.stdout.decode().strip()


def status(pid: int, field: str) -> str:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return text.partition(f"{field}:")[2].split()[0]


def names(calls: Sequence[ProgramCall]) -> list[str]:
    return [one.call for one in calls]


def waits(traced: HostTrace, call: str, count: int = 1) -> None:
    wait_until(lambda: names(traced.calls).count(call) >= count, f"{count} {call}")


def test_calls_of_a_service(services: Lab) -> None:
    with services.host("server").trace() as traced:
        (begun,) = traced.programs
        assert begun.program.startswith("python3")
        assert ask(services, "server") == "hello"
        waits(traced, "close")
    address = services.addresses()["client"][0]
    (accepted,) = [one for one in traced.calls if one.call == "accept4" and one.result]
    assert accepted.attached == accepted.pid == begun.pid
    assert accepted.made
    assert accepted.made.peer.startswith(address)
    # A descriptor that was open before is known for what it is.
    assert accepted.socket
    assert accepted.socket.local.endswith(":8000")
    (sent,) = [one for one in traced.calls if one.call == "sendto"]
    assert sent.data == {"text": "hello"}
    seen = len(traced.calls)
    assert ask(services, "server") == "hello"
    assert len(traced.calls) == seen


def test_a_call_that_waits_by_epoll_is_not_interrupted(services: Lab) -> None:
    for _ in range(3):
        with services.host("epoll").trace() as traced:
            assert ask(services, "epoll") == "0"
            waits(traced, "epoll_wait")
        assert ask(services, "epoll") == "0"


def test_one_that_forks_and_has_threads_is_let_go_meanwhile(services: Lab) -> None:
    pid = own_pid(services, "forks")
    asking = [Thread(target=ask, args=(services, "forks")) for _ in range(3)]
    with services.host("forks").trace() as traced:
        for one in asking:
            one.start()
        waits(traced, "accept4", 2)
    for one in asking:
        one.join()
    assert status(pid, "TracerPid") == "0"
    assert ask(services, "forks") == "done"


def test_children_are_seen(services: Lab) -> None:
    with services.host("forks").trace() as traced:
        assert ask(services, "forks") == "done"
        waits(traced, "connect", 5)
    (begun,) = traced.programs
    made = [one for one in traced.calls if one.call == "connect"]
    assert {one.attached for one in made} == {begun.pid}
    assert begun.pid not in {one.pid for one in made}


def test_a_stopped_program_stays_so(services: Lab) -> None:
    pid = own_pid(services, "server")
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: status(pid, "State") == "T", "it is stopped")
        with services.host("server").trace():
            assert status(pid, "TracerPid") != "0"
        wait_until(lambda: status(pid, "State") == "T", "it is stopped again")
        assert status(pid, "TracerPid") == "0"
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ask(services, "server") == "hello"


def test_faults_of_calls_act_and_end(services: Lab) -> None:
    host = services.host("server")
    with host.trace() as traced, host.call("recvfrom", protocol="tcp").waits(3_600_000) as fault:
        asking = Thread(target=ask, args=(services, "server"))
        asking.start()
        wait_until(lambda: fault.acted == 1, "a call waits")
        traced.end()  # and it goes on
        asking.join(WITHIN_S)
        assert not asking.is_alive()


def test_a_process_by_its_number(services: Lab) -> None:
    host = services.host("server")
    with host.trace() as traced:
        pid = traced.programs[0].pid
    with host.trace(pid=pid) as traced:
        assert ask(services, "server") == "hello"
        waits(traced, "close")
        with pytest.raises(EngineError, match="traced already"):
            host.trace(pid=pid).begin()
    with host.trace(pid=pid) as again:
        traced.end()  # it has ended, and ends no other
        assert ask(services, "server") == "hello"
        waits(again, "close")
    for wrong, why in ((999_999, "there is none"), (1, "the lab's own")):
        with pytest.raises(EngineError, match=why):
            host.trace(pid=wrong).begin()


def test_a_tracer_that_others_end_is_said(services: Lab, engine: Engine) -> None:
    pid = own_pid(services, "server")
    events: list[object] = []
    with services.host("server").trace(on_traced=events.append) as traced:
        # Killed while a thread is stopped for it, its program may find EINTR (ptrace(2)).
        wait_until(lambda: status(pid, "State") == "S", "it waits for a client")
        _kill(tracers_of(services.name), engine)
        wait_until(lambda: any(isinstance(one, TraceOff) for one in events), "the trace ends")
        with pytest.raises(EngineError, match="calls of it are missing"):
            _ = traced.calls
    (off,) = [one for one in events if isinstance(one, TraceOff)]
    assert off.why == "lost"
    assert status(pid, "TracerPid") == "0"
    assert ask(services, "server") == "hello"


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


def test_a_host_that_is_killed_meanwhile(engine: Engine) -> None:
    events: list[object] = []
    with own_lab(engine, "pair.yaml") as lab, lab.host("left").trace(on_traced=events.append):
        lab.host("left").kill()
        wait_until(lambda: any(isinstance(one, TraceOff) for one in events), "the trace ends")
    (off,) = [one for one in events if isinstance(one, TraceOff)]
    assert off.why in {"exited", "lost"}


@contextmanager
def tracing(lab: Lab, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `lab trace`, until it says that it traces."""
    with subprocess.Popen(
        [*command.ARGV, "trace", "--lab", lab.name, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr
            line = ""
            while not line.startswith("tracing "):
                line = process.stderr.readline()
                assert line, "it has ended"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_the_command_lets_go_however_it_ends(services: Lab, number: int) -> None:
    pid = own_pid(services, "server")
    with tracing(services, "server", "--json") as process:
        assert ask(services, "server") == "hello"
        lines: list[dict[str, Any]] = []
        assert process.stdout
        while not lines or lines[-1].get("call") != "close":
            lines.append(json.loads(process.stdout.readline()))
        wait_until(lambda: status(pid, "State") == "S", "it waits for a client")
        process.send_signal(number)
        process.wait(LONGEST_S)
        if number == signal.SIGINT:
            assert process.returncode == 0
            assert json.loads(process.stdout.read().splitlines()[-1])["why"] == "released"
    wait_until(lambda: status(pid, "TracerPid") == "0", "nobody traces it")
    assert lines[0]["kind"] == "trace_on"
    assert "accept4" in [one.get("call") for one in lines]
    assert ask(services, "server") == "hello"


def test_packets_stand_between_the_calls(services: Lab) -> None:
    with tracing(services, "--packets", "server") as process:
        assert ask(services, "server") == "hello"
        assert process.stdout
        lines: list[str] = []
        while not (lines and "sendto(" in lines[-1]):
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(LONGEST_S) == 0
    assert {"<", ">", " "} <= {one[0] for one in lines}


def test_the_command_ends_with_what_it_traces(services: Lab) -> None:
    host = services.host("client")
    with (
        host.start(["sleep", "600"]) as program,
        tracing(services, "client", "--pid", str(program.pid)) as process,
    ):
        program.signal("TERM")
        assert process.wait(LONGEST_S) == 0
        assert process.stdout
        assert "its trace ends: exited" in process.stdout.read()


def test_bad_input(services: Lab) -> None:
    argv = ("trace", "--lab", services.name)
    for words, why in (
        (("server", "--pid", "999999"), "there is none of this number"),
        (("--pid", "5", "server", "true"), "--pid 5: cannot stand beside a program"),
        (("--user", "lab", "server"), "--user lab: is of a program to run"),
    ):
        assert why in command.refused(command.run(*argv, *words))


SCENARIO = """\
title: The server is traced while it runs
shows: its calls are evidence, from the first step to the last
compose: {compose}
trace: [server]
steps:
  - {{on: client, call: connect, as: c, to: "server:8000"}}
  - {{on: client, call: sendall, socket: c, data: hello}}
  - {{wait: {{calls: {{on: server, program: python3, call: send, peer: client}}, gives: 5}}}}
  - {{on: client, call: abort, socket: c}}
  - {{wait: {{calls: {{on: server, program: python3, call: recv}}, raises: ECONNRESET}}}}
  - {{expect: {{calls: {{on: server, program: python3, call: recv}}, gives: 5}}}}
  - {{expect: {{calls: {{on: server, program: python3, call: accept}}, count: 1}}}}
"""


def test_a_scenario_sees_what_runs_already(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    path.write_text(SCENARIO.format(compose=TOPOLOGIES / "services.yaml"), encoding="utf-8")
    outcome = run.run(engine, read(path), tmp_path, show=lambda *_: None, progress=quiet)
    assert run.verify(outcome.folder).judgements == outcome.judgements
    *others, counted = outcome.judgements
    assert [one for one in others if one.verdict is not Verdict.PASS] == []
    assert counted.verdict is Verdict.UNKNOWN
    assert "ran already when its trace began" in counted.found
