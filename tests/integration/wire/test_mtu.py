"""MTU: what is longer does not get through; without a word (a black hole), or with one.

Proof that it acts: what is short arrives and what is long does not, in one connection. Told of it,
the sender's kernel has learned the MTU (IP_MTU), and all that is long arrives in shorter packets.
That it lifts: what hung in the black hole arrives.
"""

import socket

import pytest

from tests.integration.wire.ends import Ends, pattern
from tests.integration.wire.sockets import Socket
from tests.waiting import wait_until

IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IP_MTU, IPV6_MTU = 10, 23, 14, 24
DONT = 0  # IP_PMTUDISC_DONT: datagrams may be fragmented on the way
MTU_BYTES = 1_300  # IPv6 knows none below 1280
HEADERS = {4: 20 + 8, 6: 40 + 8}


def known_mtu(ends: Ends, one: Socket) -> int:
    """Return the MTU of the way to the peer of a connected socket, as its kernel knows it."""
    level, name = {
        4: (socket.IPPROTO_IP, IP_MTU),
        6: (socket.IPPROTO_IPV6, IPV6_MTU),
    }[ends.version]
    number: int = one.getsockopt(level, name)
    return number


def test_black_hole_swallows_what_is_long_and_nothing_short(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(5_000)
    known = known_mtu(ends, stream.client)
    with ends.forth.mtu(port=stream.port, mtu_bytes=MTU_BYTES) as fault:
        stream.client.sendall(b"short")
        assert stream.server.read(5) == b"short"
        assert fault.matched == 0
        stream.client.sendall(data)
        # It hangs: the same is sent again, as long as before, for nobody has said anything.
        wait_until(lambda: stream.client.retransmissions() >= 2, "two retransmissions")
        assert fault.acted >= 3
        assert stream.server.drain() == []
        stream.server.sendall(data)  # the other direction carries everything
        assert stream.client.read(5_000) == data
    assert stream.server.read(5_000) == data
    assert known_mtu(ends, stream.client) == known


@pytest.mark.parametrize("longer", [0, 1])
def test_exactly_the_mtu_gets_through(ends: Ends, longer: int) -> None:
    datagrams = ends.datagrams()
    data = pattern(MTU_BYTES - HEADERS[ends.version] + longer)
    with ends.forth.mtu(port=datagrams.port, mtu_bytes=MTU_BYTES) as fault:
        datagrams.client.send_each([data, b"short"])
        # Whether the long one comes or not, the short one comes after it.
        got = datagrams.server.receive(2 - longer)
        assert got == [data, b"short"][longer:]
        assert fault.acted == longer
    datagrams.client.send(data)
    assert datagrams.server.recv(2_000) == data


def test_sender_that_is_told_sends_shorter_packets(fresh: Ends) -> None:
    stream = fresh.stream()
    data = pattern(20_000)
    assert known_mtu(fresh, stream.client) > MTU_BYTES
    with fresh.forth.mtu(port=stream.port, mtu_bytes=MTU_BYTES, icmp=True) as fault:
        stream.client.sendall(data)
        assert stream.server.read(20_000) == data
        assert fault.acted >= 1
        assert known_mtu(fresh, stream.client) == MTU_BYTES
        # Now that it knows, nothing is too long any more.
        acted = fault.acted
        stream.client.sendall(data)
        assert stream.server.read(20_000) == data
        assert fault.acted == acted


def test_connected_udp_socket_is_told_that_its_message_is_too_long(fresh: Ends) -> None:
    datagrams = fresh.datagrams()
    data = pattern(1_400)
    with fresh.forth.mtu(port=datagrams.port, mtu_bytes=MTU_BYTES, icmp=True) as fault:
        datagrams.client.send(data)
        with pytest.raises(OSError, match="EMSGSIZE"):
            datagrams.client.recv(10)
        assert fault.acted == 1
        assert known_mtu(fresh, datagrams.client) == MTU_BYTES
        assert datagrams.server.drain() == []


def test_ipv4_packet_that_may_be_fragmented_is_let_by_and_no_ipv6_packet_is(fresh: Ends) -> None:
    # A router on the way would cut it; one of IPv6 must not (RFC 8200, 5).
    datagrams = fresh.datagrams()
    data = pattern(1_400)
    level, name = {
        4: (socket.IPPROTO_IP, IP_MTU_DISCOVER),
        6: (socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER),
    }[fresh.version]
    datagrams.client.setsockopt(level, name, DONT)
    lost = 0 if fresh.version == 4 else 1
    with fresh.forth.mtu(port=datagrams.port, mtu_bytes=MTU_BYTES, icmp=True) as fault:
        datagrams.client.send_each([data, b"short"])
        assert datagrams.server.receive(2 - lost) == [data, b"short"][lost:]
        assert (fault.matched, fault.acted) == (lost, lost)
