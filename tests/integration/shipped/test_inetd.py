"""What xinetd adds: a process for each connection, one for a UDP port, a user, a name, a limit."""

import re
import secrets

import pytest

from lab.api.host import Host
from lab.api.lab import Lab
from tests.integration.helpers import lines_with, run_program, start_program, talk
from tests.waiting import wait_until

TIME_PORT = 21567
MOST_AT_ONCE = 20  # `instances` in hosts/inetd/xinetd.conf


pytestmark = pytest.mark.usefixtures("inetd")


def _handlers(lab: Lab) -> list[list[str]]:
    """Return the user and the first words of the command of every handler that runs now."""
    look = (
        'for p in /proc/[0-9]*; do grep -q inetd_time $p/cmdline && echo "$(stat -c %u $p)'
        ' $(tr "\\0" " " <$p/cmdline)"; done 2>/dev/null; true'
    )
    output = lab.host("inetd").run(["sh", "-c", look], user="lab", timeout_s=20)
    lines = output.stdout.decode().splitlines()
    return [line.split() for line in lines if "services.inetd_time --tcp" in line]


def test_nowait_is_a_process_for_each_connection_as_a_user_without_rights(
    lab: Lab, client: Host
) -> None:
    wait_until(lambda: _handlers(lab) == [], "no handlers of earlier tests")
    with start_program(client, "steady_stream.py", "inetd", TIME_PORT):
        wait_until(lambda: len(_handlers(lab)) == 1, "a handler")
        with start_program(client, "steady_stream.py", "inetd", TIME_PORT):
            wait_until(lambda: len(_handlers(lab)) == 2, "a handler more")
            # The program's name is its argv[0], and its arguments are those of xinetd.conf.
            for user, *words in _handlers(lab):
                assert (user, words[0]) == ("800", "lab-time-tcp")
                assert words[1:4] == ["-m", "services.inetd_time", "--tcp"]
    wait_until(lambda: _handlers(lab) == [], "no handlers when the clients are gone")


def test_wait_is_one_process_for_all_datagrams_of_all_hosts(
    lab: Lab, client: Host, server: Host
) -> None:
    word = secrets.token_hex(8)
    for host in (client, server, client):
        assert talk(host, "inetd", "--udp", "--send", word).exit_status == 0
    lines = [line for line in lines_with(lab, word, at_least=6) if line.host == "inetd"]
    senders = {match.group(1) for line in lines if (match := re.match(r"\[(.*)\]", line.message))}
    assert len(senders) == 2
    assert len({line.pid for line in lines}) == 1


def test_one_connection_more_than_the_limit_is_closed_at_once(lab: Lab, client: Host) -> None:
    wait_until(lambda: _handlers(lab) == [], "no handlers of earlier tests")
    result = run_program(client, "open_at_once.py", "inetd", TIME_PORT, MOST_AT_ONCE + 3)
    assert result == {"answered": MOST_AT_ONCE, "closed": 3}
    failures = lines_with(lab, "FAIL: time-tcp service_limit", at_least=3)
    assert {line.host for line in failures} == {"inetd"}
    wait_until(lambda: _handlers(lab) == [], "no handlers when the clients are gone")
    assert talk(client, "inetd", "--send", "x").exit_status == 0
