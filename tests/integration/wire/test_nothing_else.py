"""A fault touches what it is about and nothing else: not other hosts, the way back, other ports.

Proof: while the fault takes all that goes from the client to the server, every datagram of the
others is read once, in order, as it was sent, and the fault has not even counted one. Then it acts
on the first packet of its own link: it was in force.
"""

import socket
from contextlib import suppress
from typing import Any

import pytest

from lab.agent.wire import impairments
from lab.api.fault import LinkFault
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
    "slice": {"size_bytes": 40},
    "replace": {"find": "x", "replacement": "y"},
}
OF_TCP = {"reset", "slice"}
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
    elif name in OF_TCP:
        ends.stream().client.send(pattern(100))
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


@each
def test_traffic_is_as_before_once_it_is_lifted(ends: Ends, name: str) -> None:
    before, stream = ends.datagrams(), ends.stream()
    with ends.forth.fault(name, **EACH[name]) as fault:
        assert_acts(ends, fault, name)
        # Of connections, too, that were there all the time.
        if name != "reset":
            stream.client.send(pattern(3_000))

        def seen() -> bool:
            with suppress(ConnectionRefusedError):  # what `reject` says of the one before
                before.client.send(pattern(100))
            return name in OF_TCP or fault.matched >= 5

        wait_until(seen, "the fault to see all")
    # What was held up comes now; what was told is no news any more.
    wait_until(lambda: not before.server.drain(), "the last datagram")
    before.client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    for datagrams in (before, ends.datagrams()):
        assert_untouched(datagrams)
    if name == "reset":
        stream = ends.stream()
    else:
        assert len(stream.server.read(3_000)) == 3_000  # corrupt or not, as it came
    for one in (stream, ends.stream()):
        one.client.sendall(pattern(20_000))
        assert one.server.read(20_000) == pattern(20_000)
        one.server.sendall(pattern(20_000))
        assert one.client.read(20_000) == pattern(20_000)
    assert ends.lab.faults() == []
