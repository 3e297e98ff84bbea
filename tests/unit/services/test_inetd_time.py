"""inetd_time as xinetd starts it: the socket is standard input, output and error at once."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.unit.services.helpers import ROOT, read_all, read_line, unstamped
from tests.waiting import WITHIN_S, wait_until


@pytest.fixture
def handlers() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def handed(
    handlers: list[subprocess.Popen[bytes]], sock: socket.socket, *arguments: str
) -> subprocess.Popen[bytes]:
    """A handler with `sock` in the three standard places."""
    fd = sock.fileno()
    process = subprocess.Popen(
        # Not sys.executable: xinetd's NAMEINARGS puts a name of its own into argv[0].
        ["lab-time", "-m", "services.inetd_time", *arguments],
        executable=sys.executable,
        cwd=ROOT,
        stdin=fd,
        stdout=fd,
        stderr=fd,
    )
    handlers.append(process)
    return process


def test_one_connection_is_served_to_its_end(handlers: list[subprocess.Popen[bytes]]) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), WITHIN_S) as conn,
    ):
        taken, _ = listener.accept()
        process = handed(handlers, taken, "--tcp")
        taken.close()
        conn.sendall(b"hello\r\n" + b"x" * 100_000 + b"\nrest")
        conn.shutdown(socket.SHUT_WR)
        lines = read_all(conn).splitlines(keepends=True)
    assert [unstamped(line) for line in lines] == [b"hello\n", b"x" * 100_000 + b"\n", b"rest\n"]
    assert process.wait(WITHIN_S) == 0


def test_a_unix_connection_is_served_too(handlers: list[subprocess.Popen[bytes]]) -> None:
    mine, theirs = socket.socketpair()
    with mine:
        process = handed(handlers, theirs, "--tcp")
        theirs.close()
        mine.sendall(b"x\n")
        assert unstamped(read_line(mine)) == b"x\n"
        mine.shutdown(socket.SHUT_WR)
        assert process.wait(WITHIN_S) == 0
        assert mine.recv(1) == b""


def test_datagrams_are_served_until_none_come(handlers: list[subprocess.Popen[bytes]]) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        bound.bind(("127.0.0.1", 0))
        sender.settimeout(WITHIN_S)
        for data in (b"one", b""):  # queued before the handler runs, as with xinetd
            sender.sendto(data, bound.getsockname())
        process = handed(handlers, bound, "--udp", "--idle", "0.4")
        assert [unstamped(sender.recv(100)) for _ in range(2)] == [b"one", b""]
        begin = time.monotonic()
        assert process.wait(WITHIN_S) == 0
        assert time.monotonic() - begin >= 0.3
        sender.sendto(b"kept", bound.getsockname())
        assert bound.recv(100) == b"kept", "the socket stays open for the next handler"


@pytest.mark.parametrize("protocol", ["--tcp", "--udp"])
def test_a_signal_drains_it(handlers: list[subprocess.Popen[bytes]], protocol: str) -> None:
    if protocol == "--tcp":
        mine, theirs = socket.socketpair()
    else:
        mine, theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        theirs.bind(("127.0.0.1", 0))
        mine.connect(theirs.getsockname())
    with mine, theirs:
        process = handed(handlers, theirs, protocol, "--idle", "60")
        mine.settimeout(WITHIN_S)
        mine.send(b"x\n")
        assert mine.recv(100).endswith(b":x\n")
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        assert process.wait(WITHIN_S) == 0
        assert time.monotonic() - begin < 3, "drained, not ended by the last resort"
        if protocol == "--udp":
            mine.send(b"kept")
            assert theirs.recv(100) == b"kept", "the shared socket still works for the next"


@pytest.mark.parametrize("arguments", [("--udp",), ("--tcp", "--buffer", "0"), ()])
def test_no_word_of_its_own_reaches_the_client(
    handlers: list[subprocess.Popen[bytes]], arguments: tuple[str, ...]
) -> None:
    mine, theirs = socket.socketpair()
    with mine:
        process = handed(handlers, theirs, *arguments)
        theirs.close()
        assert process.wait(WITHIN_S) == 2
        assert read_all(mine) == b""


def test_a_client_that_left_before_is_no_failure(handlers: list[subprocess.Popen[bytes]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        conn = socket.create_connection(listener.getsockname(), WITHIN_S)
        taken, _ = listener.accept()
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        conn.close()
        wait_until(lambda: bool(taken.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)), "the reset")
        process = handed(handlers, taken, "--tcp")
        taken.close()
    assert process.wait(WITHIN_S) == 0


def test_name_and_arguments_are_logged_once() -> None:
    # LOG_PERROR copies the log to standard error, which the handler turns to /dev/null: this one
    # is given it back to show what syslog gets.
    code = (
        "import os, sys; from services import inetd_time as i; "
        "keep = os.dup(2); take = i.take_socket; "
        "i.take_socket = lambda: (take(), os.dup2(keep, 2))[0]; "
        "sys.exit(i.main(['--tcp', '--log-options', 'perror']))"
    )
    mine, theirs = socket.socketpair()
    with mine, theirs:
        mine.shutdown(socket.SHUT_WR)
        done = subprocess.run(
            ["lab-time", "-c", code],
            executable=sys.executable,
            cwd=ROOT,
            stdin=theirs.fileno(),
            capture_output=True,
            timeout=WITHIN_S,
            check=False,
        )
    assert done.returncode == 0
    assert done.stderr.count(b"started as 'lab-time' with ['--tcp', ") == 1
    assert b"left after 0 replies" in done.stderr
    assert done.stdout == b""
