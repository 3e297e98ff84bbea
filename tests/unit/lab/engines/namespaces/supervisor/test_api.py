"""The supervisor's request handler serves whom it can, and survives whom it cannot."""

import json
import os
import resource
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from lab.engines.namespaces.supervisor.api import RequestHandler
from lab.engines.namespaces.supervisor.loop import Loop


@pytest.fixture
def address() -> str:
    return f"\0lab-test-{secrets.token_hex(3)}"


@pytest.fixture
def loop(address: str) -> Iterator[Loop]:
    """The loop of a supervisor that has a request handler, and no hosts."""
    supervisor = SimpleNamespace(
        hosts={}, inner=0, lab=SimpleNamespace(name="x", topology="/x", folder="/"), network=None
    )
    made = Loop()
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(address)
        control.listen()
        RequestHandler(supervisor, made, control)
        yield made


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_client_for_whom_there_is_no_descriptor_is_told_so_and_the_next_is_served(
    loop: Loop, address: str
) -> None:
    with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
        for client in (first, second):
            client.settimeout(20)
        first.connect(address)
        first.sendall(b'{"command": "status"}\n')
        with no_descriptor_left():
            loop.turn(20)
            answer = json.loads(first.recv(1000))
        assert answer == {"error": "lab x: its supervisor has too many open files"}
        second.connect(address)
        second.sendall(b'{"command": "status"}\n')
        for _ in range(2):
            loop.turn(20)
        assert json.loads(second.recv(1000))["topology"] == "/x"


@pytest.mark.parametrize(
    ("request_line", "why"),
    [
        (b"no JSON\n", "JSONDecodeError: Expecting value"),
        (b"[]\n", "TypeError: 'list' object is not a mapping"),
        (b'{"ask": "status"}\n', "KeyError: 'command'"),
        (b'{"command": "pause"}\n', "KeyError: 'host'"),
        (b'{"command": "pause", "host": "nobody"}\n', "KeyError: 'nobody'"),
    ],
)
def test_what_is_no_request_is_refused_and_the_next_is_served(
    loop: Loop, address: str, request_line: bytes, why: str
) -> None:
    for line in (request_line, b'{"command": "status"}\n'):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(address)
            client.sendall(line)
            for _ in range(2):
                loop.turn(20)
            response = json.loads(client.recv(1000))
        if line == request_line:
            assert response["error"].startswith(f"lab x: not a request: {why}")
    assert response["topology"] == "/x"
