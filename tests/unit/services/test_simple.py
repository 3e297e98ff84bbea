"""The plain listings: short, alone, and without the mistakes that they name.

How they fare on machines of their own is in the catalogue: simple-tcp, simple-udp, simple-unix.
"""

import ast
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.services.helpers import ROOT, Program, Start, client, read_line, unstamped
from tests.waiting import WITHIN_S

LISTINGS = sorted((ROOT / "services" / "simple").glob("[!_]*.py"))


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def tcp(start: Start) -> tuple[Program, int]:
    port = free_port()
    server = start("simple.tcp_server", str(port))
    server.await_output("waiting")
    return server, port


@pytest.fixture
def udp(start: Start) -> tuple[Program, int]:
    port = free_port(socket.SOCK_DGRAM)
    server = start("simple.udp_server", str(port))
    server.await_output("waiting")
    return server, port


def typed(name: str, *arguments: str, text: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(ROOT / "services" / "simple" / name), *arguments]
    return subprocess.run(
        argv, input=text, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_a_listing_fits_on_a_page_and_needs_no_other(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert 20 <= len(text.splitlines()) <= 40
    assert "services" not in {
        str(alias.name).split(".", maxsplit=1)[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert "from services" not in text


def test_there_is_a_server_and_a_client_of_each_kind() -> None:
    kinds = [f"{kind}_{end}" for kind in ("tcp", "udp", "unix") for end in ("client", "server")]
    assert [path.stem for path in LISTINGS] == sorted(kinds)


def test_a_message_may_come_in_pieces_and_two_in_one(tcp: tuple[Program, int]) -> None:
    _, port = tcp
    with client(port) as conn, conn.makefile("rb") as answers:
        conn.sendall(b"caf\xc3")
        conn.sendall(b"\xa9\none\ntwo\n")
        got = [unstamped(answers.readline()) for _ in range(3)]
        assert got == [b"caf\xc3\xa9\n", b"one\n", b"two\n"]


def test_one_client_comes_after_the_other_also_after_a_reset(tcp: tuple[Program, int]) -> None:
    server, port = tcp
    with client(port) as conn:
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conn.sendall(b"half a line")
    server.await_output("reset by peer")
    for _ in range(2):
        with client(port) as conn:
            conn.sendall(b"hello\n")
            assert unstamped(read_line(conn)) == b"hello\n"
    assert server.running


def test_a_connection_is_closed_when_its_client_has_left(tcp: tuple[Program, int]) -> None:
    server, port = tcp
    with client(port) as conn:
        conn.shutdown(socket.SHUT_WR)
        assert conn.recv(1) == b""
    server.await_output("disconnected")


def test_a_client_tells_an_answer_that_is_cut_short() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        argv = [
            sys.executable,
            str(ROOT / "services" / "simple" / "tcp_client.py"),
            *("127.0.0.1", str(listener.getsockname()[1])),
        ]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            listener.settimeout(WITHIN_S)
            conn, _ = listener.accept()
            with conn:
                assert process.stdin is not None
                process.stdin.write("hello\n")
                process.stdin.flush()
                assert read_line(conn) == b"hello\n"
                conn.sendall(b"half an ans")
            _, errors = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, errors) == (1, "the server closed the connection\n")


def test_an_answer_that_is_too_long_ends_no_server(udp: tuple[Program, int]) -> None:
    server, port = udp
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as conn:
        conn.connect(("127.0.0.1", port))
        conn.settimeout(WITHIN_S)
        conn.send(bytes(65_507))
        server.await_output("Message too long")
        conn.send(b"")
        assert unstamped(conn.recv(100)) == b"\n"
    done = typed("udp_client.py", "127.0.0.1", str(port), text="one\ntwo\n")
    assert (done.returncode, done.stdout.count(":one\n"), done.stdout.count(":two\n")) == (0, 1, 1)


def test_udp_client_takes_no_answer_of_an_earlier_question() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(WITHIN_S)
        argv = [
            sys.executable,
            str(ROOT / "services" / "simple" / "udp_client.py"),
            *("127.0.0.1", str(server.getsockname()[1])),
        ]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            process.stdin.write("new\n")
            process.stdin.flush()
            _, address = server.recvfrom(100)
            for answer in (b"late:old\n", b"now:new\n"):
                server.sendto(answer, address)
            output, _ = process.communicate(timeout=WITHIN_S)
    assert output == ">: now:new\n>: \n"


def test_unix_server_takes_over_the_file_of_a_dead_one_only(start: Start, tmp_path: Path) -> None:
    path = str(tmp_path / "simple.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    start("simple.unix_server", path).await_output("waiting")
    second = start("simple.unix_server", path)
    assert second.status() == 1
    assert second.errors == f"{path}: another server is there\n"
    done = typed("unix_client.py", path, text="hello\n")
    assert (done.returncode, done.stdout.count(":hello\n")) == (0, 1)
