"""Drop: the packet meant is missing, no other, and its sender hears nothing.

Proof that it acted: the receiver has every datagram but the one meant; over TCP, the client's own
count of segments sent again, and a connect that lasts as long as the kernel's first timer.
"""

import socket

import pytest

from lab.api.lab import Lab
from tests.integration.wire.ends import (
    Ends,
    arriving,
    assert_all_arrive,
    numbered,
    pattern,
)
from tests.integration.wire.sockets import Sockets
from tests.waiting import wait_until

SYN_TIMER_S = 1.0  # RFC 6298, 2.1
A_JIFFY_S = 0.01
MANY = 10_000
BATCH = 200  # fits the receiver's buffer, so that nothing is lost there


def test_nth_datagram_only(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.drop(port=datagrams.port, nth=3) as fault:
        assert arriving(fault, datagrams, numbered(5)) == [1, 2, 4, 5]
        assert (fault.matched, fault.acted) == (5, 1)
    assert_all_arrive(datagrams)


def test_every_third(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.drop(port=datagrams.port, every=3) as fault:
        assert arriving(fault, datagrams, numbered(10)) == [1, 2, 4, 5, 7, 8, 10]
        assert fault.acted == 3
    assert_all_arrive(datagrams)


def test_first_after_some(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.drop(port=datagrams.port, after=2, first=2) as fault:
        assert arriving(fault, datagrams, numbered(6)) == [1, 2, 5, 6]
        assert fault.acted == 2
    assert_all_arrive(datagrams)


def test_counted_for_each_flow(ends: Ends) -> None:
    # Two flows to one port: with one count for both, the second of the first alone would go.
    one, other = ends.datagrams(), ends.datagrams()
    with ends.forth.drop(protocol="udp", nth=2, per="flow") as fault:
        assert arriving(fault, one, numbered(3)) == [1, 3]
        assert arriving(fault, other, numbered(3)) == [1, 3]
        assert (fault.matched, fault.acted) == (6, 2)
    with ends.forth.drop(protocol="udp", nth=2, per="fault") as fault:
        assert arriving(fault, one, numbered(3)) == [1, 3]
        assert arriving(fault, other, numbered(3)) == [1, 2, 3]
    assert_all_arrive(one)
    assert_all_arrive(other)


@pytest.mark.parametrize("lost", ["syn", "syn-ack"])
def test_connect_outlasts_the_loss_of_the_first(ends: Ends, lost: str) -> None:
    # The client sends its SYN again after its first timer, whichever of the two was lost; without
    # the loss no segment would be sent again.
    listener = ends.listener()
    link = ends.forth if lost == "syn" else ends.back
    address = (ends.address("server"), listener.port)
    with link.fault("drop", port=listener.port, tcp=lost, first=1) as fault:
        late = ends.open_tcp("client")
        late.connect(address)
        assert late.last.took_s >= SYN_TIMER_S - A_JIFFY_S
        assert late.retransmissions() == 1
        assert fault.acted == 1
    prompt = ends.open_tcp("client")
    prompt.connect(address)
    assert prompt.retransmissions() == 0


def test_every_syn_lost_is_a_connect_that_times_out(ends: Ends) -> None:
    listener = ends.listener()
    client = ends.open_tcp("client")
    client.settimeout(0.3)
    with ends.forth.drop(port=listener.port, tcp="syn") as fault:
        with pytest.raises(TimeoutError):
            client.connect((ends.address("server"), listener.port))
        assert fault.acted >= 1


def test_third_data_segment_is_sent_again_and_all_bytes_arrive(ends: Ends) -> None:
    # Five segments, one lost once: exactly one is sent again, and the stream has no hole.
    stream = ends.stream()
    pieces = [pattern(100 * n)[-100:] for n in range(1, 6)]
    with ends.forth.drop(port=stream.port, data=True, nth=3) as fault:
        stream.client.send_each(pieces)
        assert stream.server.read(500) == b"".join(pieces)
        assert stream.client.retransmissions() == 1
        assert fault.acted == 1
        # Five and the one sent again.
        assert fault.matched == 6
    stream.client.sendall(b"on")
    assert stream.server.read(2) == b"on"
    assert stream.client.retransmissions() == 1


def test_all_beyond_some_bytes_of_a_stream(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(5_000)
    with ends.forth.drop(port=stream.port, after_bytes=3_000) as fault:
        stream.client.send_each([data[at : at + 500] for at in range(0, 5_000, 500)])
        assert stream.server.read(3_000) == data[:3_000]
        # The first segment beyond has been sent again, and lost again.
        wait_until(lambda: stream.client.retransmissions() >= 2, "two retransmissions")
        assert fault.acted >= 4
        assert stream.server.drain() == []
    assert stream.server.read(2_000) == data[3_000:]
    assert stream.server.drain() == []


def test_a_segment_is_lost_from_the_byte_on_that_is_named(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(10_000)
    with ends.forth.drop(port=stream.port, after_bytes=1_234) as fault:
        stream.client.sendall(data)
        assert stream.server.read(1_234) == data[:1_234]
        wait_until(lambda: stream.client.retransmissions() >= 2, "two retransmissions")
        assert fault.acted >= 2
        assert stream.server.drain() == []
    assert stream.server.read(10_000 - 1_234) == data[1_234:]


def test_one_beyond_some_bytes_of_a_stream(ends: Ends) -> None:
    # Counting begins at the seventh segment, which has the bytes beyond: that one alone is lost.
    stream = ends.stream()
    data = pattern(5_000)
    with ends.forth.drop(port=stream.port, after_bytes=3_000, first=1) as fault:
        stream.client.send_each([data[at : at + 500] for at in range(0, 5_000, 500)])
        assert stream.server.read(5_000) == data
        assert (fault.acted, stream.client.retransmissions()) == (1, 1)


def test_an_idle_connection_is_forgotten(ends: Ends) -> None:
    stream = ends.stream()
    with ends.forth.drop(port=stream.port, idle_ms=300) as fault:
        stream.client.sendall(b"one")
        assert stream.server.read(3) == b"one"
        stream.client.settimeout(0.6)
        with pytest.raises(TimeoutError):
            stream.client.recv(1)
        assert fault.acted == 0
        stream.client.sendall(b"two")
        # It has been sent again, and lost again: what is lost does not keep it.
        wait_until(lambda: stream.client.retransmissions() >= 2, "two retransmissions")
        assert fault.acted >= 2
        assert stream.server.drain() == []
    assert stream.server.read(3) == b"two"


def test_a_connection_is_not_forgotten_while_packets_come(ends: Ends) -> None:
    stream = ends.stream()
    stream.client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stream.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    stream.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    with ends.forth.drop(port=stream.port, idle_ms=2500) as fault:
        wait_until(lambda: fault.matched >= 3, "three probes")
        stream.client.sendall(b"one")
        assert stream.server.read(3) == b"one"
        assert (fault.acted, stream.client.retransmissions()) == (0, 0)


def _missing(ends: Ends, **asked: object) -> list[int]:
    datagrams = ends.datagrams()
    arrived: list[int] = []
    with ends.forth.fault("drop", protocol="udp", **asked) as fault:
        for first in range(1, MANY + 1, BATCH):
            arrived += arriving(fault, datagrams, numbered(BATCH, first=first))
        assert (fault.matched, fault.acted) == (MANY, MANY - len(arrived))
    assert arrived == sorted(set(arrived))
    return sorted(set(range(1, MANY + 1)) - set(arrived))


def test_same_seed_loses_the_same_of_10000_datagrams(ends: Ends) -> None:
    lost = _missing(ends, probability=0.1, seed=7)
    assert _missing(ends, probability=0.1, seed=7) == lost
    other = _missing(ends, probability=0.1, seed=8)
    assert other != lost
    # The standard deviation is 30; with these seeds it is what it is, every time.
    assert 850 < len(lost) < 1_150
    assert 850 < len(other) < 1_150


def test_same_seed_loses_the_same_bursts_of_10000_datagrams(ends: Ends) -> None:
    enter, leave = 0.05, 0.25
    lost = _missing(ends, burst_enter=enter, burst_leave=leave, seed=7)
    assert _missing(ends, burst_enter=enter, burst_leave=leave, seed=7) == lost
    # Gilbert 1960: in a burst for enter / (enter + leave) of the time, 1 / leave packets each.
    assert len(lost) / MANY == pytest.approx(enter / (enter + leave), rel=0.2)
    bursts = len(set(lost) - {n + 1 for n in lost})
    assert len(lost) / bursts == pytest.approx(1 / leave, rel=0.2)


def test_any_other_host_is_every_one_with_an_address(
    ends: Ends, trio: tuple[Lab, dict[str, Sockets]]
) -> None:
    lab, _ = trio
    there = [ends.datagrams(one, "server") for one in ("client", "other")]
    back = ends.datagrams("server", "client")
    with lab.link("*", "server").drop(protocol="udp") as fault:
        for one in there:
            one.client.send(b"lost")
        assert_all_arrive(back)
        wait_until(lambda: fault.acted == 2, "both datagrams at the server's wire")
        assert [one.server.drain() for one in there] == [[], []]
    for one in there:
        assert_all_arrive(one)
