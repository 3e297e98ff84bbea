"""The Unix-socket time server: the file at its path, and who may replace it."""

import signal
import socket
from pathlib import Path

import pytest

from tests.unit.services.helpers import MODELS, Start, read_line, run_to_end, unstamped


def ask(path: Path, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as conn:
        conn.settimeout(10)
        conn.connect(str(path))
        conn.sendall(line)
        return read_line(conn)


@pytest.mark.parametrize("model", MODELS)
def test_it_answers_and_removes_its_file_at_the_end(
    start: Start, tmp_path: Path, model: str
) -> None:
    path = tmp_path / "time.sock"
    server = start("unix_time_server", "--path", str(path), "--concurrency", model)
    server.await_output(rf"listening on {path} \({model}\)")
    assert unstamped(ask(path, b"hello\n")) == b"hello\n"
    server.await_output(r"process \d+ of user \d+: left after 1 replies")
    assert server.terminate() == 0
    assert not path.exists()


def test_the_file_of_a_killed_server_is_replaced(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "time.sock"
    first = start("unix_time_server", "--path", str(path))
    first.await_output("listening")
    first.signal(signal.SIGKILL)
    first.status()
    assert path.is_socket()
    start("unix_time_server", "--path", str(path)).await_output("listening")
    assert unstamped(ask(path, b"x\n")) == b"x\n"


def test_a_live_servers_file_is_left_alone(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "time.sock"
    start("unix_time_server", "--path", str(path)).await_output("listening")
    done = run_to_end("unix_time_server", "--path", str(path))
    assert done.returncode == 2
    assert b"a server is listening there" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert unstamped(ask(path, b"x\n")) == b"x\n"


def test_a_datagram_sockets_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        assert run_to_end("unix_time_server", "--path", str(path)).returncode == 2
        assert path.is_socket()


def test_a_file_that_another_put_in_its_place_stays(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "time.sock"
    server = start("unix_time_server", "--path", str(path))
    server.await_output("listening")
    path.unlink()
    path.write_text("not yours")
    assert server.terminate() == 0
    assert path.read_text() == "not yours"
