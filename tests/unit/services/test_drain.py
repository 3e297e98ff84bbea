"""SIGTERM: nothing new, replies under way finished, the late ones cut; in every model."""

import os
import resource
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.unit.services.helpers import (
    MODELS,
    Program,
    Start,
    children_of,
    client,
    read_all,
    read_line,
    unstamped,
)
from tests.waiting import wait_until

BIG = 10_000_000  # more than the kernel keeps for both ends: the server must still be sending


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def refuses(port: int) -> bool:
    """Whether nobody listens on the port, by the kernel's own table: a try would be a client."""
    rows = Path("/proc/net/tcp6").read_text().splitlines()[1:]
    listening = "0A"
    return not any(
        row.split()[1].endswith(f":{port:04X}") and row.split()[3] == listening for row in rows
    )


def asked_for_much(server: Program) -> socket.socket:
    """A connection whose reply of BIG bytes has begun and cannot end until we read it."""
    conn = client(server.port)
    conn.sendall(b"x" * BIG + b"\n")
    assert conn.recv(1, socket.MSG_PEEK)
    return conn


def test_a_reply_under_way_is_finished(start: Start, model: str) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", model, "--grace", "15")
    with asked_for_much(server) as conn:
        server.signal(signal.SIGTERM)
        wait_until(lambda: refuses(server.port), "new connections refused")
        with pytest.raises(ConnectionRefusedError):
            client(server.port)
        assert server.running
        assert unstamped(read_all(conn)) == b"x" * BIG + b"\n"
    assert server.status() == 0
    assert "cut" not in server.output
    assert server.output.endswith("tcp-time-server: ended\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_clients_see_the_end_of_data(start: Start, model: str, number: int) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", model)
    count = 1 if model == "iterative" else 5
    conns = [client(server.port) for _ in range(count)]
    for conn in conns:
        conn.sendall(b"x\nhalf")
        assert unstamped(read_line(conn)) == b"x\n"
    begin = time.monotonic()
    server.signal(number)
    assert [conn.recv(1) for conn in conns] == [b""] * count
    assert server.status() == 0
    assert time.monotonic() - begin < 4, "ended by itself, not by the grace of 5 s"
    # The half of a message is no message, since it was the server that ended the data.
    assert server.output.count("unfinished message dropped, 4 bytes") == count


def test_what_is_late_is_cut_counted_and_logged(start: Start, model: str) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", model, "--grace", "0.3")
    with asked_for_much(server) as conn:
        begin = time.monotonic()
        assert server.terminate() == 0
        assert 0.3 <= time.monotonic() - begin < 2
        # Half a reply must not look like a whole one.
        with pytest.raises(ConnectionResetError):
            read_all(conn)
    assert "1 connections cut, not finished in 0.3 s" in server.output


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_cuts_at_once(start: Start, model: str, second: int) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", model, "--grace", "60")
    with asked_for_much(server):
        server.signal(signal.SIGTERM)
        wait_until(lambda: refuses(server.port), "drain begun")
        begin = time.monotonic()
        server.signal(second)
        assert server.status() == 0
        assert time.monotonic() - begin < 3
    assert "1 connections cut" in server.output


def test_a_signal_is_never_lost_however_early(start: Start, model: str) -> None:
    for _ in range(5):
        server = start("tcp_time_server", "--port", "0", "--concurrency", model)
        server.await_output("listening")
        assert server.terminate() == 0, server.errors
        assert server.errors == ""


def test_a_signal_to_the_whole_group_still_drains_the_children(start: Start) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", "fork", "--grace", "15")
    with asked_for_much(server) as conn:
        for child in children_of(server.pid):
            os.kill(child, signal.SIGINT)
            os.kill(child, signal.SIGTERM)
        server.signal(signal.SIGTERM)
        wait_until(lambda: refuses(server.port), "drain begun")
        assert unstamped(read_all(conn)) == b"x" * BIG + b"\n"
    assert server.status() == 0
    assert "cut" not in server.output


def test_one_child_can_be_drained_alone(start: Start) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", "fork")
    with client(server.port) as conn:
        wait_until(lambda: len(children_of(server.pid)) == 1, "a child")
        os.kill(children_of(server.pid)[0], signal.SIGTERM)
        assert conn.recv(1) == b""
    assert not refuses(server.port)
    assert server.terminate() == 0


@pytest.mark.parametrize("model", ["iterative", "fork", "thread"])
def test_the_line_server_drains_too(start: Start, model: str) -> None:
    server = start("line_server", "--port", "0", "--concurrency", model, "--grace", "15")
    with client(server.port) as idle:
        idle.sendall(b"x\nhalf")
        assert read_line(idle) == b"1:x\n"
        server.signal(signal.SIGTERM)
        assert idle.recv(1) == b""
    assert server.status() == 0


@pytest.mark.parametrize("model", ["iterative", "thread"])
def test_the_line_server_finishes_a_reply_under_way(start: Start, model: str) -> None:
    server = start("line_server", "--port", "0", "--concurrency", model, "--grace", "15")
    with asked_for_much(server) as conn:
        server.signal(signal.SIGTERM)
        wait_until(lambda: refuses(server.port), "drain begun")
        assert read_all(conn) == b"1:" + b"x" * BIG + b"\n"
    assert server.status() == 0


def test_a_drain_during_a_lack_of_descriptors_still_ends(start: Start, model: str) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", model)
    port = server.port
    with client(port) as conn:
        conn.sendall(b"x\n")
        read_line(conn)
    server.await_output("left after 1")
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, 4096))
    # A blocked accept() took its descriptor before it began to wait: this one may still get in.
    client(port).close()
    with client(port):
        server.await_output("EMFILE")
        assert server.terminate() == 0
