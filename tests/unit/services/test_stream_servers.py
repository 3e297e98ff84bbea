"""The stream servers: one set of promises, held by every concurrency model."""

import itertools
import os
import random
import re
import resource
import signal
import socket
import struct
import time
from pathlib import Path

import pytest

from tests.unit.services.helpers import (
    MODELS,
    STAMP,
    Program,
    Start,
    children_of,
    client,
    read_all,
    read_line,
    unstamped,
)
from tests.waiting import wait_until

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
CONCURRENT = MODELS[1:]


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(start: Start, model: str) -> Program:
    return start("tcp_time_server", "--port", "0", "--concurrency", model)


def test_a_line_is_answered_with_the_time_and_the_line(server: Program, model: str) -> None:
    with client(server.port) as conn:
        conn.sendall(b"hello\n")
        assert unstamped(read_line(conn)) == b"hello\n"
    server.await_output(r"127\.0\.0\.1:\d+: left after 1 replies")
    assert re.search(rf"listening on \[::\]:{server.port} \({model}\)\n", server.output)
    assert re.search(r"127\.0\.0\.1:\d+: connected\n", server.output)
    assert "message b'hello', answered 31 bytes" in server.output
    assert server.errors == ""


def test_ten_megabytes_come_back_byte_for_byte(server: Program) -> None:
    data = random.Random(7).randbytes(10_000_000).replace(b"\n", b"\0")
    with client(server.port) as conn:
        conn.sendall(data + b"\r\n")
        conn.shutdown(socket.SHUT_WR)
        assert unstamped(read_all(conn)) == data + b"\n"


def test_any_cut_of_the_stream_gives_the_same_replies(server: Program) -> None:
    text = "naïve — 時間\r\n\nlast".encode()
    with client(server.port) as conn:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in text:
            conn.send(bytes([byte]))
        conn.shutdown(socket.SHUT_WR)
        replies = read_all(conn).splitlines(keepends=True)
    assert [unstamped(r) for r in replies] == ["naïve — 時間\n".encode(), b"\n", b"last\n"]


def test_a_message_over_the_limit_closes_the_connection(start: Start, model: str) -> None:
    server = start("tcp_time_server", "--port=0", "--max-message=10", f"--concurrency={model}")
    with client(server.port) as conn:
        conn.sendall(b"0123456789\n0123456789x")
        assert unstamped(read_all(conn)) == b"0123456789\n"
    server.await_output("message longer than 10 bytes; closing the connection")


def test_the_next_client_is_served_after_one_was_reset(server: Program) -> None:
    with client(server.port) as conn:
        conn.sendall(b"x\n")
        read_line(conn)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    server.await_output(r"reset by peer \(ECONNRESET, 104\)")
    with client(server.port) as conn:
        conn.sendall(b"again\n")
        assert unstamped(read_line(conn)) == b"again\n"


@pytest.mark.parametrize("model", CONCURRENT)
def test_idle_clients_keep_nobody_waiting(start: Start, model: str) -> None:
    # A backlog of 5 would make 30 clients at once wait a second for their SYN's second try.
    server = start("tcp_time_server", "--port=0", "--backlog=30", "--concurrency", model)
    idle = [client(server.port) for _ in range(30)]
    for conn in reversed(idle):
        conn.sendall(b"here\n")
        assert unstamped(read_line(conn)) == b"here\n"
    for conn in idle:
        conn.close()
    wait_until(lambda: server.output.count(": left after 1 replies") == 30, "30 clients left")
    wait_until(lambda: not children_of(server.pid), "children reaped")


def test_the_iterative_server_takes_clients_in_turn(start: Start) -> None:
    server = start("tcp_time_server", "--port", "0")
    with client(server.port) as first, client(server.port) as second:
        second.sendall(b"second\n")
        first.sendall(b"first\n")
        assert unstamped(read_line(first)) == b"first\n"
        assert server.output.count(": connected") == 1
        first.close()
        assert unstamped(read_line(second)) == b"second\n"


def test_a_lack_of_descriptors_is_logged_and_outlived(server: Program) -> None:
    port = server.port
    with client(port) as conn:
        conn.sendall(b"warm\n")
        read_line(conn)
    server.await_output("left after 1 replies")
    # The lowest number that a next descriptor would get: accept() now fails with EMFILE.
    fds = Path(f"/proc/{server.pid}/fd")
    used = next(n for n in itertools.count() if not (fds / str(n)).is_symlink())
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (used, used + 100))
    # A blocked accept() took its descriptor before it began to wait: this one may still get in.
    client(port).close()
    with client(port) as conn:
        server.await_output(r"no room for another connection.*EMFILE, 24")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (used + 100, used + 100))
        conn.sendall(b"at last\n")
        assert unstamped(read_line(conn)) == b"at last\n"
    assert server.output.count("no room for another connection") == 1


def test_a_child_that_dies_takes_only_its_own_client_along(start: Start) -> None:
    server = start("tcp_time_server", "--port", "0", "--concurrency", "fork")
    with client(server.port) as doomed, client(server.port) as other:
        wait_until(lambda: len(children_of(server.pid)) == 2, "two children")
        os.kill(min(children_of(server.pid)), signal.SIGKILL)
        assert doomed.recv(1) == b""
        server.await_output("ended by SIGKILL")
        other.sendall(b"alive\n")
        assert unstamped(read_line(other)) == b"alive\n"


def test_ipv6_and_ipv4_are_both_served_by_default(server: Program) -> None:
    for host in ("::1", "127.0.0.1"):
        with socket.create_connection((host, server.port), 5) as conn:
            conn.sendall(b"x\n")
            assert unstamped(read_line(conn)) == b"x\n"


@pytest.mark.parametrize(
    ("family", "here", "there"), [("4", "127.0.0.1", "::1"), ("6", "::1", "127.0.0.1")]
)
def test_one_family_alone_is_served_when_asked_for(
    start: Start, family: str, here: str, there: str
) -> None:
    server = start("tcp_time_server", "--port", "0", "--family", family)
    with socket.create_connection((here, server.port), 5) as conn:
        conn.sendall(b"x\n")
        assert unstamped(read_line(conn)) == b"x\n"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((there, server.port), 5)


def test_data_cannot_forge_a_line_of_the_log(start: Start) -> None:
    server = start("tcp_time_server", "--port", "0", "--log-options", "pid,perror")
    with client(server.port) as conn:
        conn.sendall(b"x\0\x1b[2J\rforged" + b"y" * 5000 + b"\n")
        read_line(conn)
    server.await_output("left after")
    wait_until(lambda: "left after" in server.errors, "the copy of the log on standard error")
    # LOG_PERROR copies each line that goes to syslog: ident[pid]: text.
    lines = server.errors.splitlines()
    assert all(line.startswith(f"tcp-time-server[{server.pid}]: ") for line in lines)
    assert "b'x\\x00\\x1b[2J\\rforgedyyy" in server.errors
    assert "... (5013 bytes)" in server.errors
    assert max(map(len, lines)) < 250


def test_quiet_leaves_out_each_reply_and_nothing_else(start: Start) -> None:
    server = start("tcp_time_server", "--port", "0", "--quiet")
    with client(server.port) as conn:
        conn.sendall(b"x\n")
        read_line(conn)
    server.await_output("left after 1 replies")
    assert ": connected" in server.output
    assert "answered" not in server.output


@pytest.mark.parametrize("model", ["iterative", "fork", "thread"])
def test_the_line_server_numbers_lines_of_any_length(start: Start, model: str) -> None:
    server = start("line_server", "--port", "0", "--concurrency", model, "--buffer", "7")
    data = random.Random(3).randbytes(1_000_000).replace(b"\n", b"\0")
    with client(server.port) as conn:
        conn.sendall(b"hello\r\n\n" + data + b"\nrest")
        conn.shutdown(socket.SHUT_WR)
        assert read_all(conn) == b"1:hello\n2:\n3:" + data + b"\n4:rest\n"


def test_the_line_server_refuses_a_line_over_the_limit(start: Start) -> None:
    server = start("line_server", "--port", "0", "--max-message", "5")
    with client(server.port) as conn:
        conn.sendall(b"12345\r\n123456\n")
        assert read_all(conn) == b"1:12345\n"
    server.await_output("message longer than 5 bytes")


def test_the_time_is_the_servers_own(server: Program) -> None:
    before = int(time.time())
    with client(server.port) as conn:
        conn.sendall(b"\n")
        found = STAMP.match(read_line(conn))
    assert found
    told = time.mktime(time.strptime(found.group()[:-1].decode()))
    assert before <= told <= time.time()
