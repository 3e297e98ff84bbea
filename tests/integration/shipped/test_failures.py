"""The first network failures, each done for real, and what the client says of it."""

import json
from contextlib import ExitStack

import pytest

from lab.api.host import Host
from lab.api.program import Program
from tests.integration.helpers import LONGEST_S, queued, serving, start_program, talk
from tests.waiting import wait_until

TIME_PORT = "21567"
SILENT_PORT = "9"  # discard: nobody listens


def test_nobody_listens_refused(client: Host) -> None:
    output = talk(client, "server", "--port", SILENT_PORT, "--send", "x")
    assert output.exit_status == 5
    assert b"refused (ECONNREFUSED, 111)" in output.stderr


def test_nobody_listens_refused_over_udp(client: Host) -> None:
    output = talk(client, "server", "--udp", "--port", SILENT_PORT, "--send", "x")
    assert output.exit_status == 5
    assert b"refused (ECONNREFUSED, 111)" in output.stderr


@pytest.mark.usefixtures("names")
def test_unknown_name_is_not_found(client: Host) -> None:
    output = talk(client, "no-such-host", "--send", "x")
    assert output.exit_status == 3
    assert b"name not found (EAI_NONAME, -2)" in output.stderr


def test_name_service_down_is_another_failure_than_an_unknown_name(
    client: Host, names: Host
) -> None:
    names.pause()
    try:
        output = talk(client, "no-such-host", "--send", "x")
    finally:
        names.resume()
    assert output.exit_status == 4
    assert b"name service failed (EAI_AGAIN, -3)" in output.stderr


@pytest.mark.parametrize("transport", [[], ["--udp"]], ids=["tcp", "udp"])
def test_paused_server_times_out(client: Host, server: Host, transport: list[str]) -> None:
    # Its kernel still answers: a TCP connection is made, and then nothing comes.
    server.pause()
    try:
        output = talk(client, "server", *transport, "--timeout", "0.5", "--send", "x")
    finally:
        server.resume()
    assert output.exit_status == 6
    assert b"timed out after 0.5 s" in output.stderr
    assert talk(client, "server", *transport, "--send", "x").exit_status == 0


def test_server_killed_with_data_unread_resets(client: Host, server: Host) -> None:
    with ExitStack() as stack:
        program, port = stack.enter_context(serving(server, "tcp_time_server"))
        program.signal("STOP")
        argv = ["python3", "-m", "services.client", "server", "--port", str(port), "--send", "x"]
        waiting = stack.enter_context(client.start(argv, user="lab"))
        wait_until(lambda: queued(server, port) > 0, "data unread at the server")
        program.signal("KILL")
        _, stderr = waiting.process.communicate(timeout=LONGEST_S)
        assert waiting.process.returncode == 7
        assert b"reset by peer (ECONNRESET, 104)" in stderr


def test_network_disconnected_in_mid_stream_loses_no_byte(client: Host, server: Host) -> None:
    before = server.status().addresses
    with start_program(client, "steady_stream.py", "server", TIME_PORT) as stream:
        _await_replies(stream, 100)
        server.disconnect()
        try:
            assert server.status().addresses == ()
            # The client's segment is sent again and again, and nothing answers.
            wait_until(lambda: _backoff(client) >= 2, "two retransmissions on the client")
        finally:
            server.connect()
        assert server.status().addresses == before
        _await_replies(stream, 100)
        stdout, stderr = stream.process.communicate(timeout=LONGEST_S)
    assert stream.process.returncode == 0, stderr
    result = json.loads(stdout.splitlines()[-1])
    assert result["right"] == result["sent"] >= 200
    # The outage was real: one reply took as long as two retransmission timers (200 and 400 ms).
    assert result["longest_s"] > 0.6
    assert result["retransmissions"] >= 2


def _await_replies(stream: Program, count: int) -> None:
    assert stream.process.stdout
    for _ in range(count):
        line = stream.process.stdout.readline()
        assert line.strip().isdigit(), line


def _backoff(host: Host) -> int:
    """Return how often the kernel has sent the same segment again without an answer (ss's word)."""
    argv = ["ss", "-Htin", "state", "established", f"dport = {TIME_PORT}"]
    words = host.run(argv, timeout_s=20).stdout.decode().split()
    return max(
        (int(w.removeprefix("backoff:")) for w in words if w.startswith("backoff:")), default=0
    )
