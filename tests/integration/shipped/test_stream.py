"""A stream is a stream: any size, many clients, an orderly end."""

import hashlib
import random

import pytest

from lab.api.host import Host
from tests.integration.helpers import run_program, serving, talk

TEN_MEGABYTES = 10_000_000
MODELS = ("iterative", "fork", "thread", "async")


@pytest.mark.parametrize("model", MODELS)
def test_ten_megabytes_come_back_byte_for_byte(server: Host, client: Host, model: str) -> None:
    with serving(server, "tcp_time_server", "--concurrency", model) as (_, port):
        result = run_program(client, "one_message.py", "server", port, TEN_MEGABYTES, 7)
    sent = random.Random(7).randbytes(TEN_MEGABYTES).replace(b"\n", b"N")
    assert result["length"] == TEN_MEGABYTES
    assert result["sha256"] == hashlib.sha256(sent).hexdigest()


@pytest.mark.parametrize("model", MODELS[1:])
def test_two_hundred_clients_at_once(server: Host, client: Host, model: str) -> None:
    options = ("--concurrency", model, "--backlog", "200")
    with serving(server, "tcp_time_server", *options) as (_, port):
        assert run_program(client, "many_clients.py", "server", port, 200) == {
            "right": 200,
            "addresses": 200,
        }


@pytest.mark.parametrize("model", MODELS)
def test_term_ends_a_server_with_0_and_it_takes_no_more(
    server: Host, client: Host, model: str
) -> None:
    with serving(server, "tcp_time_server", "--concurrency", model) as (program, port):
        assert talk(client, "server", "--port", str(port), "--send", "x").exit_status == 0
        program.signal("TERM")
        assert program.process.wait(20) == 0
        assert b"ECONNREFUSED" in talk(client, "server", "--port", str(port), "--send", "x").stderr
