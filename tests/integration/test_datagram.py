"""Datagrams arrive whole or not at all, across the bridge and its MTU of 1500."""

import pytest

from lab.api.host import Host
from lab.api.lab import Lab
from tests.integration.helpers import lines_with, run_program

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
    run_program(client, "datagram.py", "server", TIME_PORT, MOST_BYTES)
    cut = lines_with(lab, "cut")
    assert cut[-1].host == "server"
    assert cut[-1].severity == "warning"
    # The server had all of it: with the time before it, it is too long by the time's length.
    assert f"cut by {STAMP_BYTES} bytes" in cut[-1].message


def test_one_byte_more_is_refused_before_the_network(client: Host) -> None:
    result = run_program(client, "datagram.py", "server", TIME_PORT, MOST_BYTES + 1)
    assert result == {"errno": "EMSGSIZE"}
