"""Every service answers across the bridge: TCP, UDP, Unix, xinetd, file-like."""

import pytest

from lab.api.host import Host
from tests import installed
from tests.integration.helpers import STAMP, answer, talk


@pytest.mark.parametrize("family", ["4", "6"])
@pytest.mark.parametrize("to", ["server", "inetd"])
@pytest.mark.parametrize("transport", [[], ["--udp"]], ids=["tcp", "udp"])
def test_time_service_answers(
    request: pytest.FixtureRequest, client: Host, to: str, family: str, transport: list[str]
) -> None:
    request.getfixturevalue(to)
    output = talk(client, to, *transport, "--family", family, "--send", "grüß dich")
    assert answer(output) == "grüß dich\n".encode()


def test_port_may_be_a_service_name(client: Host) -> None:
    output = talk(client, "server", "--port", "lab-time", "--send", "by name")
    assert answer(output) == b"by name\n"


def test_unix_socket_serves_programs_of_its_host(server: Host) -> None:
    output = talk(server, "--unix", "/run/lab/time.sock", "--send", "no network")
    assert answer(output) == b"no network\n"


def test_unix_socket_belongs_to_its_host(client: Host) -> None:
    output = talk(client, "--unix", "/run/lab/time.sock", "--send", "no network")
    assert output.exit_status == 12
    assert b"ENOENT" in output.stderr


def test_line_server_numbers_the_lines(client: Host) -> None:
    output = talk(client, "server", "--port", "lab-line", "--send", "one", "--send", "two")
    assert output.stdout == b"1:one\n2:two\n", output


def test_filter_answers_each_line_of_its_input_until_an_empty_one(client: Host) -> None:
    output = talk(client, "server", stdin=b"first\nsecond\n\nnever sent\n")
    replies = [STAMP.sub(b"", line) for line in output.stdout.splitlines()]
    assert replies == [b"first", b"second"], output


def test_real_telnet_talks_to_the_server(client: Host) -> None:
    if client.run(["which", "telnet"], timeout_s=20).exit_status:
        pytest.skip(installed.reason("telnet"))
    # telnet ends with the connection, so the server must have it ended: by an end of its input
    # after the reply has come.
    with client.start(["telnet", "server", "21567"], user="lab") as telnet:
        assert telnet.process.stdin
        assert telnet.process.stdout
        heard = b""
        while b"Escape character" not in heard:
            line = telnet.process.stdout.readline()
            assert line, heard
            heard += line
        telnet.process.stdin.write(b"typed by hand\n")
        telnet.process.stdin.flush()
        reply = telnet.process.stdout.readline()
    assert STAMP.sub(b"", reply).rstrip(b"\r\n") == b"typed by hand"
