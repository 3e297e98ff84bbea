"""Which packets are shown with a call that failed: those of its own connection."""

from dataclasses import replace

import pytest

from lab.evidence import connections
from lab.evidence.events import CallOutcome, SocketAddresses
from lab.net.packet import ACK, TCP, UDP, parse
from tests.unit.lab.agent import wire_packets as packets

CLIENT, SERVER = "198.18.1.2:40312", "198.18.1.3:21567"
THERE = parse(packets.ipv4(TCP, packets.tcp(ACK)))
BACK = parse(
    packets.ipv4(
        TCP,
        packets.tcp(ACK, ports=packets.PORTS[::-1]),
        source=packets.SERVER4,
        destination=packets.CLIENT4,
    )
)


def call(step: int, name: str, addresses: dict[str, str], **arguments: str) -> CallOutcome:
    return CallOutcome(
        step=step,
        host="client",
        call=name,
        arguments=arguments,
        began_ns=1,
        ended_ns=2,
        addresses=SocketAddresses(**addresses),
    )


CONNECT = call(0, "connect", {"protocol": "tcp", "local": CLIENT, "peer": SERVER}, **{"as": "c"})
MAKEFILE = call(1, "makefile", {}, socket="c", **{"as": "f"})


@pytest.mark.parametrize(
    "failed",
    [
        call(2, "recv", {"protocol": "tcp", "local": CLIENT, "peer": SERVER}, socket="c"),
        replace(call(2, "recv", {}, socket="c"), ended_ns=None),  # it has not returned
        call(2, "readline", {}, file="f"),
    ],
    ids=["recv", "pending", "file"],
)
def test_both_directions_of_a_connection_are_its_own_and_no_other_is(
    failed: CallOutcome,
) -> None:
    ends = connections.of_step([CONNECT, MAKEFILE, failed], 2)
    assert ends
    assert ends.has(THERE)
    assert ends.has(BACK)
    assert not ends.has(parse(packets.ipv4(UDP, packets.udp())))
    other = packets.tcp(ACK, ports=(40313, packets.PORTS[1]))
    assert not ends.has(parse(packets.ipv4(TCP, other)))


def test_a_refused_connection_has_no_ends_but_where_it_was_to_go() -> None:
    refused = call(0, "connect", {"protocol": "tcp"}, to="server:21567", **{"as": "c"})
    ends = connections.of_step([refused], 0)
    assert ends
    assert ends.has(THERE)
    assert ends.has(BACK)
    assert not ends.has(parse(packets.ipv4(TCP, packets.tcp(ACK, ports=(1, 2)))))


def test_a_listener_hears_every_client() -> None:
    listen = call(0, "listen", {"protocol": "tcp", "local": "0.0.0.0:21567"}, **{"as": "door"})
    accept = replace(call(1, "accept", {}, socket="door", **{"as": "s"}), ended_ns=None)
    ends = connections.of_step([listen, accept], 1)
    assert ends
    assert ends.has(THERE)
    assert ends.has(BACK)


def test_where_nothing_is_known_there_are_no_ends() -> None:
    assert connections.of_step([CONNECT], None) is None
    assert connections.of_step([CONNECT], 7) is None
    assert connections.of_step([call(0, "gethostname", {})], 0) is None
    path = call(0, "connect", {}, to="/run/none.sock", **{"as": "u"})
    assert connections.of_step([path], 0) is None
