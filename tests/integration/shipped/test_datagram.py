"""Datagrams arrive whole or not at all, across the bridge and its MTU of 1500."""

import pytest

from lab.api.host import Host
from lab.api.lab import Lab
from lab.model import LogLine
from tests.integration.helpers import run_program
from tests.waiting import wait_until

TIME_PORT = 21567
STAMP_BYTES = 25
MOST_BYTES = 65_507  # 65,535 less the headers of IPv4 (20) and UDP (8), RFC 791 and 768


@pytest.mark.parametrize("to", ["server", "inetd"])
@pytest.mark.parametrize("size", [0, 1, 1472, 1473, MOST_BYTES])
def test_datagram_of_this_size_is_answered(
    request: pytest.FixtureRequest, client: Host, to: str, size: int
) -> None:
    request.getfixturevalue(to)
    # 1472 bytes fill a packet; 1473 need two fragments.
    result = run_program(client, "datagram.py", to, TIME_PORT, size)
    assert result == {
        "reply": min(size + STAMP_BYTES, MOST_BYTES),
        "stamp": STAMP_BYTES,
        "echoed": min(size, MOST_BYTES - STAMP_BYTES),
        "same": True,
    }


def test_the_largest_datagram_arrives_whole_though_its_reply_is_cut(lab: Lab, client: Host) -> None:
    # The syslog has lines of other tests and hosts, too, and each comes when it comes.
    def cut() -> list[LogLine]:
        return [one for one in lab.syslog() if one.host == "server" and "cut" in one.message]

    before = len(cut())
    run_program(client, "datagram.py", "server", TIME_PORT, MOST_BYTES)
    wait_until(lambda: len(cut()) > before, "a line of the server's")
    assert cut()[-1].severity == "warning"
    # The server had all of it: with the time before it, it is too long by the time's length.
    assert f"cut by {STAMP_BYTES} bytes" in cut()[-1].message


def test_one_byte_more_is_refused_before_the_network(client: Host) -> None:
    result = run_program(client, "datagram.py", "server", TIME_PORT, MOST_BYTES + 1)
    assert result == {"errno": "EMSGSIZE"}
