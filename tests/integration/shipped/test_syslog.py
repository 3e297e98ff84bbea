"""Every line of an exchange arrives, with the right host, facility, severity and ident."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from lab.api.host import Host
from lab.api.lab import Lab
from tests.integration.helpers import lines_with, serving, talk


@pytest.mark.parametrize(
    ("to", "options", "ident"),
    [
        ("server", [], "tcp-time-server"),
        ("server", ["--udp"], "udp-time-server"),
        ("server", ["--port", "lab-line"], "line-server"),
        ("inetd", [], "inetd-time"),
        ("inetd", ["--udp"], "inetd-time"),
    ],
)
def test_exchange_is_logged_on_both_hosts(
    request: pytest.FixtureRequest,
    lab: Lab,
    client: Host,
    to: str,
    options: list[str],
    ident: str,
) -> None:
    request.getfixturevalue(to)
    word = secrets.token_hex(8)
    began = datetime.now(tz=UTC)
    assert talk(client, to, *options, "--send", word).exit_status == 0
    found = lines_with(lab, word, at_least=2)
    places = {(line.host, line.ident, line.facility, line.severity) for line in found}
    assert places == {(to, ident, "daemon", "info"), ("client", "client", "daemon", "info")}
    assert all(line.pid for line in found)
    # One clock for all hosts: the lines lie within the exchange.
    assert all(began <= line.time < began + timedelta(seconds=60) for line in found)


@pytest.mark.usefixtures("inetd")
def test_xinetd_itself_is_heard(lab: Lab, client: Host) -> None:
    assert talk(client, "inetd", "--send", "x").exit_status == 0
    line = lines_with(lab, "START: time-tcp")[-1]
    assert (line.host, line.facility, line.ident) == ("inetd", "daemon", "xinetd")


def test_ident_facility_and_options_are_the_programs(lab: Lab, server: Host) -> None:
    ident = f"try-{secrets.token_hex(4)}"
    options = ("--ident", ident, "--facility", "local3", "--log-options", "ndelay")
    with serving(server, "tcp_time_server", *options):
        pass
    lines = [line for line in lab.syslog() if line.ident == ident]
    assert lines
    # Without the option `pid` there is none.
    assert {(line.host, line.facility, line.pid) for line in lines} == {("server", "local3", None)}


def test_time_has_microseconds(lab: Lab) -> None:
    times = [line.time.isoformat() for line in lab.syslog()]
    assert sum(bool(re.search(r":\d\d\.\d{6}\+", time)) for time in times) > len(times) / 2


def test_a_cut_network_hides_no_line(lab: Lab, server: Host) -> None:
    word = secrets.token_hex(8)
    server.disconnect()
    try:
        argv = ["python3", "-c", f"import syslog; syslog.syslog('{word}')"]
        assert server.run(argv, user="lab", timeout_s=20).exit_status == 0
        assert lines_with(lab, word)[0].host == "server"
    finally:
        server.connect()


def test_data_from_the_network_cannot_forge_a_line(lab: Lab, client: Host) -> None:
    word = secrets.token_hex(8)
    forged = f'{word}\t<11>Jan  1 00:00:00 forged: "}}\x01\x7f'
    assert talk(client, "server", "--udp", "--send", forged).exit_status == 0
    found = lines_with(lab, word, at_least=2)
    assert {line.host for line in found} == {"server", "client"}
    assert {line.ident for line in found} == {"udp-time-server", "client"}
