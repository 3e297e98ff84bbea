"""The client as a script uses it: what it prints, and each failure with its own status."""

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.services.helpers import Start, read_all, run_to_end, unstamped

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
Serve = Callable[[socket.socket], None]


@pytest.fixture
def port(start: Start) -> str:
    return str(start("tcp_time_server", "--port", "0").port)


@pytest.fixture
def once() -> Iterator[Callable[[Serve], str]]:
    """Gives the port of a server that does one thing with its first connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def begin(serve: Serve) -> str:
        def work() -> None:
            conn, _ = listener.accept()
            with conn:
                serve(conn)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return str(listener.getsockname()[1])

    yield begin
    for thread in threads:
        thread.join(10)
    listener.close()


def failed(*arguments: str) -> tuple[int, str]:
    """Status and the one line of an exchange that fails."""
    done = run_to_end("client", *arguments)
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1, done
    return done.returncode, lines[0]


def test_each_message_is_answered_in_turn(port: str) -> None:
    done = run_to_end("client", "--port", port, "--send", "a", "--send", "", "--repeat", "2")
    assert (done.returncode, done.stderr) == (0, b"")
    assert [unstamped(line) for line in done.stdout.splitlines()] == [b"a", b"", b"a", b""]


def test_udp_and_unix_are_spoken_too(start: Start, tmp_path: Path) -> None:
    udp = start("udp_time_server", "--port", "0")
    path = str(tmp_path / "time.sock")
    start("unix_time_server", "--path", path).await_output("listening")
    for way in (("--udp", "--port", str(udp.port)), ("--unix", path)):
        done = run_to_end("client", *way, "--send", "hello", "--send", "")
        assert done.returncode == 0, done
        assert [unstamped(line) for line in done.stdout.splitlines()] == [b"hello", b""]


def test_bytes_that_are_no_text_pass_unharmed(port: str) -> None:
    done = run_to_end("client", "--port", port, "--send", os.fsdecode(b"\xff\xfe caf\xe9"))
    assert unstamped(done.stdout) == b"\xff\xfe caf\xe9\n"


def test_standard_input_is_filtered_until_an_empty_line(port: str) -> None:
    done = run_to_end("client", "--port", port, stdin=b"one\r\n\xff\n\nnever\n")
    assert done.returncode == 0
    assert [unstamped(line) for line in done.stdout.splitlines()] == [b"one", b"\xff"]


def test_the_end_of_standard_input_ends_it(port: str) -> None:
    done = run_to_end("client", "--port", port, stdin=b"last without newline")
    assert (done.returncode, unstamped(done.stdout)) == (0, b"last without newline\n")


def test_a_file_is_sent_as_it_is_and_the_answer_printed_as_it_is(port: str) -> None:
    data = b"\n".join(os.urandom(1000).replace(b"\n", b"\0") for _ in range(10_000))
    done = run_to_end("client", "--port", port, "--input", "-", stdin=data)
    assert (done.returncode, done.stderr) == (0, b"")
    sent = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    assert [unstamped(line) for line in done.stdout.split(b"\n")[:-1]][:-1] == sent[:-1]


def test_an_answer_may_come_in_pieces(once: Callable[[Serve], str]) -> None:
    def dribble(conn: socket.socket) -> None:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"in pieces\n":
            conn.send(bytes([byte]))
        read_all(conn)

    done = run_to_end("client", "127.0.0.1", "--port", once(dribble), "--send", "x")
    assert (done.returncode, done.stdout) == (0, b"in pieces\n")


def test_refused_is_status_5() -> None:
    with socket.socket() as bound:  # bound and not listening: the port is nobody else's
        bound.bind(("127.0.0.1", 0))
        port = str(bound.getsockname()[1])
        status, line = failed("127.0.0.1", "--port", port, "--send", "x")
    assert status == 5
    assert line == f"client: 127.0.0.1:{port}: refused (ECONNREFUSED, 111): Connection refused"


def test_refused_is_seen_over_udp_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    status, line = failed("127.0.0.1", "--udp", "--port", str(port), "--send", "x")
    assert (status, "refused (ECONNREFUSED, 111)" in line) == (5, True)


@pytest.mark.parametrize("host", ["nosuch.invalid", "a..b", "x" * 70])
def test_a_name_that_cannot_be_found_is_one_line(host: str) -> None:
    status, line = failed(host, "--send", "x")
    assert status in {3, 4}  # 4 where there is no name service to ask
    assert line.startswith(f"client: {host}:21567: name ")
    assert "(EAI_" in line


def test_a_silent_server_is_status_6() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        status, line = failed("127.0.0.1", "--port", port, "--send", "x", "--timeout", "0.2")
    assert (status, line) == (6, f"client: 127.0.0.1:{port}: timed out after 0.2 s (answer)")


def test_a_silent_server_is_status_6_with_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"x\n")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        status, line = failed(
            "127.0.0.1", "--port", port, "--input", str(tmp_path / "data"), "--timeout", "0.2"
        )
    assert (status, line) == (6, f"client: 127.0.0.1:{port}: timed out after 0.2 s (answer)")


def test_a_server_that_takes_no_connection_is_status_6() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        # A full queue drops the next SYN without a word (listen(2)).
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            status, line = failed(
                "127.0.0.1", "--port", str(address[1]), "--send", "x", "--timeout", "0.3"
            )
    assert status == 6
    assert line.endswith("timed out after 0.3 s (connect)")


def test_reset_is_status_7(once: Callable[[Serve], str]) -> None:
    def reset(conn: socket.socket) -> None:
        conn.recv(100)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    status, line = failed("127.0.0.1", "--port", once(reset), "--send", "x")
    assert status == 7
    assert line.endswith("reset by peer (ECONNRESET, 104): Connection reset by peer")


@pytest.mark.parametrize("said", [b"", b"half an answ"])
def test_closed_before_the_answer_is_status_10(once: Callable[[Serve], str], said: bytes) -> None:
    def leave(conn: socket.socket) -> None:
        conn.recv(100)
        conn.sendall(said)

    status, line = failed("127.0.0.1", "--port", once(leave), "--send", "x")
    assert status == 10
    assert line.endswith("closed by the server before the answer")


def test_broken_pipe_is_status_9(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def leave() -> None:
            conn, _ = listener.accept()
            conn.recv(100)
            conn.shutdown(socket.SHUT_RD)
            conn.sendall(b"first\n")
            conn.close()

        thread = threading.Thread(target=leave)
        thread.start()
        status, line = failed("--unix", str(path), "--send", "x", "--send", "y")
        thread.join()
    assert status == 9
    assert "broken pipe (EPIPE, 32)" in line


def test_no_such_socket_is_status_12(tmp_path: Path) -> None:
    status, line = failed("--unix", str(tmp_path / "none"), "--send", "x")
    assert status == 12
    assert "no such socket (ENOENT, 2)" in line


def test_too_long_a_datagram_is_status_13(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(65_508))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        port = str(bound.getsockname()[1])
        status, line = failed(
            "127.0.0.1", "--udp", "--port", port, "--input", str(tmp_path / "data")
        )
    assert status == 13
    assert "too long for one datagram (EMSGSIZE, 90)" in line


def test_a_datagram_from_a_file_gets_its_one_answer(start: Start) -> None:
    port = str(start("udp_time_server", "--port", "0").port)
    data = os.urandom(65_507)
    done = run_to_end("client", "127.0.0.1", "--udp", "--port", port, "--input", "-", stdin=data)
    assert (done.returncode, done.stderr) == (0, b"")
    assert unstamped(done.stdout) == data[:-25]


def test_a_server_that_leaves_between_messages_is_noticed(once: Callable[[Serve], str]) -> None:
    def answer_one(conn: socket.socket) -> None:
        conn.recv(100)
        conn.sendall(b"1\n")

    done = run_to_end(
        "client", "127.0.0.1", "--port", once(answer_one), "--send", "x", "--send", "y"
    )
    assert done.stdout == b"1\n"
    assert done.returncode in {7, 9, 10}  # whether the end or the reset comes first is the race


def test_the_log_has_what_was_done_and_what_failed(port: str) -> None:
    done = run_to_end("client", "--port", port, "--send", "x", "--log-options", "perror")
    assert b"client: localhost:" + port.encode() + b": connected\n" in done.stderr
    assert b"sent b'x', answer of 26 bytes\n" in done.stderr
