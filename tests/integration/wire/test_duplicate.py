"""Duplicate: a packet arrives more than once, each time with the same bytes from the same sender.

Proof that it acts: the program reads the datagram as often as it was asked for; over TCP, where no
program can see it, the receiver's kernel counts the segment that it had already (RFC 2883).
"""

from ipaddress import ip_network

import pytest

from lab.api.engine import Engine
from lab.api.lab import Lab
from lab.engines import choice
from lab.errors import EngineError
from tests.integration.wire.ends import Ends, assert_all_arrive, numbered, numbers, pattern
from tests.integration.wire.sockets import Sockets
from tests.waiting import wait_until


@pytest.mark.parametrize("copies", [1, 2])
def test_datagram_meant_is_read_several_times(ends: Ends, copies: int) -> None:
    datagrams = ends.datagrams()
    sent = numbered(3, size=500)
    with ends.forth.duplicate(port=datagrams.port, nth=2, copies=copies) as fault:
        datagrams.client.send_each(sent)
        # Its socket is connected: a copy with another sender's address would not get here.
        got = datagrams.server.receive(3 + copies)
        assert sorted(got) == sorted([*sent, *[sent[1]] * copies])
        assert (fault.matched, fault.acted) == (3, 1)
    assert_all_arrive(datagrams)


def test_copy_comes_right_after_the_packet(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.duplicate(port=datagrams.port):
        for number in range(1, 6):
            datagrams.client.send_each(numbered(1, first=number))
            assert numbers(datagrams.server.receive(2)) == [number, number]
    assert_all_arrive(datagrams)


def test_largest_packet_is_copied_whole(ends: Ends) -> None:
    datagrams = ends.datagrams()
    data = pattern(1_500 - (28 if ends.version == 4 else 48))
    with ends.forth.duplicate(port=datagrams.port):
        datagrams.client.send(data)
        assert datagrams.server.receive(2) == [data, data]
    assert_all_arrive(datagrams)


def test_stream_has_every_byte_once(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(5_000)
    before = ends.counters("server")["TcpExtTCPDSACKOldSent"]
    with ends.forth.duplicate(port=stream.port, data=True) as fault:
        stream.client.send_each([data[at : at + 500] for at in range(0, 5_000, 500)])
        assert stream.server.read(5_000) == data
        wait_until(
            lambda: ends.counters("server")["TcpExtTCPDSACKOldSent"] >= before + 10,
            "the receiver's kernel to count ten segments that it had",
        )
        assert fault.acted == 10
    assert stream.server.drain() == []


def test_what_is_for_a_group_is_not_copied_to_anybody(ends: Ends, engine: Engine) -> None:
    group = {4: "239.7.7.7", 6: "ff15::7:7"}[ends.version]
    server = ends.member("server", group)
    other, client = (ends.member(host, group, server.port) for host in ("other", "client"))
    datagrams = ends.datagrams()
    with ends.forth.duplicate(protocol="udp") as fault:
        client.sendto(b"for all", (group, server.port))
        datagrams.client.send(b"for one")
        assert datagrams.server.receive(2) == [b"for one"] * 2
        assert (fault.matched, fault.acted) == (1, 1)
    # By now a copy that had left a host would have come round. (Docker itself stops IPv4 that is
    # not for an address of the internal network.)
    is_stopped = engine.name == choice.COMPOSE and ends.version == 4
    for member in (server, other):
        assert is_stopped or member.receive(1) == [b"for all"]
        assert member.drain() == []


def test_what_is_for_all_is_copied_to_this_host_alone(trio: tuple[Lab, dict[str, Sockets]]) -> None:
    ends = Ends(*trio, 4)
    everybody = str(ip_network(f"{ends.address('server')}/24", strict=False).broadcast_address)
    server = ends.member("server", everybody)
    other, client = (ends.member(host, everybody, server.port) for host in ("other", "client"))
    with ends.forth.duplicate(port=server.port, copies=2) as fault:
        client.sendto(b"x", (everybody, server.port))
        assert server.receive(3) == [b"x"] * 3
        assert fault.acted == 1
        assert other.receive(1) == [b"x"]
        assert server.drain() == other.drain() == []
    assert ends.lab.refused_packets() == ends.lab.overload_packets() == 0


def test_host_that_would_throw_copies_away_is_refused_one(fresh: Ends) -> None:
    server = fresh.lab.agent(fresh.lab.host("server"))
    strict = "net.ipv4.conf.all.rp_filter"
    server.ask("sysctl", values={strict: "1"})
    with pytest.raises(EngineError, match=rf"^server: .*{strict} is 1"):
        fresh.forth.add("duplicate", {})
    server.ask("sysctl", values={strict: "2"})
    datagrams = fresh.datagrams()
    with fresh.forth.duplicate(port=datagrams.port):
        datagrams.client.send(b"x")
        assert datagrams.server.receive(2) == [b"x", b"x"]
