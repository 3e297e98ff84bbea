"""Bad input: one line that names the culprit, status 2, no traceback, in every program."""

import socket
from pathlib import Path

import pytest

from services.options import UsageError, port_number
from tests.unit.services.helpers import Start, run_to_end

SERVERS = ("tcp_time_server", "udp_time_server", "unix_time_server", "line_server")
PROGRAMS = (*SERVERS, "client", "host", "inetd_time")


@pytest.mark.parametrize("text", ["-1", "65536", "70000", "9" * 5000])
def test_a_port_out_of_range_is_named(text: str) -> None:
    with pytest.raises(UsageError, match=rf"^port {text[:20]}: not a number from 0 to 65535$"):
        port_number(text, "tcp")


@pytest.mark.parametrize("text", ["tiem", "", "21567x", "0x50", "\udcff", "٣"])
def test_an_unknown_service_name_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="no such service name for udp in /etc/services"):
        port_number(text, "udp")


def test_ports_are_numbers_or_names_for_their_protocol() -> None:
    assert [port_number(text, "tcp") for text in ("0", "65535", "+80", "http")] == [
        0,
        65535,
        80,
        80,
    ]
    assert port_number("tftp", "udp") == 69
    with pytest.raises(UsageError, match="for tcp"):
        port_number("tftp", "tcp")


def complaint(module: str, *arguments: str) -> str:
    done = run_to_end(module, *arguments)
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (2, b"", 1), done
    assert lines[0].startswith(module.replace("_", "-") + ": ")
    return lines[0]


@pytest.mark.parametrize("module", PROGRAMS)
def test_help_lists_options_and_exit_statuses(module: str) -> None:
    done = run_to_end(module, "--help")
    assert done.returncode == 0
    assert b"exit status:" in done.stdout
    assert f"python3 -m services.{module}".encode() in done.stdout


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (("--port", "70000"), "port 70000: not a number from 0 to 65535"),
        (("--port", "tiem"), "port 'tiem'"),
        (("--facility", "local9"), "'local9'"),
        (("--log-options", "pid,loud"), "'loud'"),
        (("--ident", "two words"), "'two words'"),
        (("--buffer", "0"), "'0' is not a whole number from 1"),
        (("--backlog", "-1"), "'-1' is not a whole number from 0"),
        (("--grace", "nan"), "'nan'"),
        (("--concurrency", "magic"), "'magic'"),
        (("--family", "5"), "'5'"),
        (("--address", "192.0.2.1"), "address 192.0.2.1: not an address of this machine"),
        (("--address", "no.such.invalid"), "address no.such.invalid: name"),
        (("--address", "::1", "--family", "4"), "address ::1: "),
        (("--wrong",), "--wrong"),
    ],
)
def test_a_server_refuses_in_one_line(arguments: tuple[str, ...], culprit: str) -> None:
    assert culprit in complaint("tcp_time_server", *arguments)


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (("--port", "70000"), "port 70000: not a number from 0 to 65535"),
        (("--udp", "--port", "tiem"), "for udp in /etc/services"),
        (("--timeout", "0"), "--timeout: 0 would give up at once"),
        (("--repeat", "0"), "'0' is not a whole number from 1"),
        (("--interval", "-1"), "'-1'"),
        (("--input", "/no/such/file"), "--input /no/such/file: No such file"),
        (("--send", "two\nlines"), "one line"),
        (("--udp", "--unix", "/x"), "--unix"),
    ],
)
def test_the_client_refuses_in_one_line(arguments: tuple[str, ...], culprit: str) -> None:
    assert culprit in complaint("client", *arguments)


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("tcp_time_server", socket.SOCK_STREAM),
        ("line_server", socket.SOCK_STREAM),
        ("udp_time_server", socket.SOCK_DGRAM),
    ],
)
def test_a_port_in_use_is_refused_in_one_line(module: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        port = str(holder.getsockname()[1])
        line = complaint(module, "--port", port)
    assert f"port {port}: in use by another program" in line
    assert "EADDRINUSE, 98" in line


def test_a_second_server_on_the_same_port_is_refused(start: Start) -> None:
    port = str(start("tcp_time_server", "--port", "0").port)
    assert f"port {port}: in use" in complaint("tcp_time_server", "--port", port)


def test_a_unix_path_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("keep me")
    for path, why in [
        (str(file), "not a socket"),
        (str(tmp_path / "no" / "where"), "No such file or directory"),
        (str(tmp_path / ("x" * 120)), "too long"),
        (str(tmp_path), "not a socket"),
    ]:
        line = complaint("unix_time_server", "--path", path)
        assert f"path {path}: " in line
        assert why in line
    assert file.read_text() == "keep me"


def test_inetd_time_wants_a_socket_and_a_kind() -> None:
    assert "standard input is not a socket" in complaint("inetd_time", "--tcp")
    assert "--tcp --udp" in complaint("inetd_time")
