"""A fault touches what it is about and nothing else: not other hosts, the way back, other ports.

Proof: while the fault takes all that goes from the client to the server, every datagram of the
others is read once, in order, as it was sent, and the fault has not even counted one. Then it acts
on the first packet of its own link: it was in force.
"""

from typing import Any

import pytest

from lab.agent.wire import impairments
from lab.faults.link import LinkFault
from tests.integration.wire.ends import Datagrams, Ends, numbered, pattern
from tests.waiting import wait_until

# Each so that it would be seen on any packet.
EACH: dict[str, dict[str, Any]] = {
    "drop": {},
    "delay": {"delay_ms": 600_000},
    "rate": {"rate_bps": 8, "limit_packets": 0},
    "duplicate": {"copies": 3},
    "reorder": {"gap": 10_000, "hold_ms": 60_000},
    "corrupt": {"checksum": "mended", "bits": 8},
    "reset": {},
    "reject": {},
    "mtu": {"mtu_bytes": 68},
    "observe": {},
}
each = pytest.mark.parametrize("name", EACH)


def test_every_impairment_is_here() -> None:
    assert sorted(EACH) == impairments.names()


def assert_untouched(datagrams: Datagrams) -> None:
    sent = numbered(20, size=100)
    datagrams.client.send_each(sent)
    assert datagrams.server.receive(20) == sent
    assert datagrams.server.drain() == []


def assert_acts(ends: Ends, fault: LinkFault, name: str) -> None:
    if name == "reset":
        ends.open_tcp().connect_ex((ends.address("server"), ends.listener().port))
    else:
        ends.datagrams().client.send(pattern(100))
    wait_until(lambda: fault.acted > 0, "the fault to act")


@each
def test_neither_another_host_nor_the_way_back_is_touched(ends: Ends, name: str) -> None:
    from_another, back = ends.datagrams("other", "server"), ends.datagrams("server", "client")
    stream, data = ends.stream("other", "server"), pattern(20_000)
    with ends.forth.fault(name, **EACH[name]) as fault:
        assert_untouched(from_another)
        assert_untouched(back)
        stream.client.sendall(data)
        assert stream.server.read(20_000) == data
        stream.server.sendall(data)
        assert stream.client.read(20_000) == data
        assert fault.matched == 0
        assert_acts(ends, fault, name)


@each
def test_neither_another_port_nor_the_other_version_of_ip_is_touched(ends: Ends, name: str) -> None:
    meant, another = ends.datagrams(), ends.datagrams()
    stream = ends.stream()
    for value in [{"port": meant.port}, {"ip_version": 10 - ends.version}]:
        with ends.forth.fault(name, **value, **EACH[name]) as fault:
            assert_untouched(another)
            stream.client.sendall(b"over TCP")
            assert stream.server.read(8) == b"over TCP"
            assert fault.matched == 0
