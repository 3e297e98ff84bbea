"""A supervisor answers whatever its hosts write; one that stands still is no other lab's matter."""

import json
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.api.engine import Engine
from lab.engines import choice
from lab.engines.namespaces import client, protocol
from tests.integration import command
from tests.integration.left import assert_nothing_left, processes_of
from tests.waiting import wait_until

NAMESPACES = ("--engine", choice.NAMESPACES)
WITHIN_S = 10.0


@pytest.fixture
def printer(namespaces: Engine) -> Iterator[str]:
    """A lab whose one host prints when it is told to."""
    del namespaces
    name = f"lab-test-{secrets.token_hex(3)}"
    file = str(command.TOPOLOGIES / "prints-when-told.yaml")
    done = command.run("up", "--file", file, "--name", name, *NAMESPACES)
    assert done.returncode == 0, done.stderr
    yield name
    command.run("down", name)
    assert_nothing_left(name, WITHIN_S)


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: stopped(pid), f"process {pid} to stand still")


def test_a_line_that_comes_with_a_request_does_not_stop_the_supervisor(printer: str) -> None:
    supervisor = client.request(printer, "status")["pid"]
    shell = next(p for p in processes_of(printer) if "trap" in p)
    program = int(shell.partition(":")[0])
    request = {"command": "output", "host": "printer", "alone": False, "follow": False}
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(protocol.address_of(printer))
        client.request(printer, "status")  # the connection before it has been taken, too
        stop(supervisor)
        # Both are ready when the supervisor looks next, the request first: it reads the line for
        # it.
        asking.sendall(json.dumps(request).encode() + b"\n")
        os.kill(program, signal.SIGUSR1)
        wait_until(lambda: stopped(program), "the line is written")
        os.kill(supervisor, signal.SIGCONT)
        with asking.makefile("rb") as answer:
            assert b"hello" in answer.read()
    assert client.request(printer, "status")["pid"] == supervisor
    os.kill(program, signal.SIGCONT)


def test_a_supervisor_that_stands_still_is_named_with_what_ends_it(printer: str) -> None:
    other = f"lab-test-{secrets.token_hex(3)}"
    done = command.run("up", "--file", command.PAIR, "--name", other, *NAMESPACES)
    assert done.returncode == 0, done.stderr
    supervisor = client.request(printer, "status")["pid"]
    stop(supervisor)
    try:
        assert command.run("exec", "--lab", other, "left", "true").returncode == 0
        line = command.refused(command.run("status"))
        assert (
            f"{printer}: status: its supervisor does not answer; kill -KILL {supervisor} ends"
            in line
        )
    finally:
        os.kill(supervisor, signal.SIGCONT)
        command.run("down", other)
    assert_nothing_left(other, WITHIN_S)
