"""Delay: packets come later, by at least the time asked for, in order unless asked otherwise.

Proof that it acts: a round trip cannot be shorter than the delays on its way; the order in which
datagrams arrive is the one that the seed gives. That it lifts: a packet that would be held for ten
minutes comes at once. Only lower bounds of time: an upper one would measure the machine.
"""

from itertools import pairwise

import pytest

from lab.agent.wire.fault import Fault
from lab.agent.wire.transit import Transit
from lab.net.packet import parse
from tests.integration.wire.ends import (
    Ends,
    arriving,
    assert_all_arrive,
    numbered,
    numbers,
    pattern,
)

TEN_MINUTES_MS = 600_000
# An IPv4 header and a UDP one, as short as they are.
A_DATAGRAM = bytes([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17]) + bytes(18)


def drawn_s(count: int, **asked: object) -> list[float]:
    """Return for how long the seed delays each of some datagrams that come at the same time."""
    fault = Fault("delay", asked)
    fault.seed_for("client -> server", 0)
    passages = [Transit(b"", parse(A_DATAGRAM), (), 0) for _ in range(count)]
    for passage in passages:
        fault.meet(passage)
    return [passage.at_ns / 1e9 for passage in passages]


@pytest.mark.parametrize("ways", [1, 2])
def test_round_trip_takes_at_least_the_delays_on_its_way(ends: Ends, ways: int) -> None:
    datagrams = ends.datagrams()
    forth = ends.forth.delay(port=datagrams.port, delay_ms=150)
    back = ends.back.delay(port=datagrams.port, delay_ms=150 if ways == 2 else 0)
    with forth, back:
        datagrams.client.send(b"there")
        sent_s = datagrams.client.last.began_s
        assert datagrams.server.recv(10) == b"there"
        datagrams.server.send(b"and back")
        assert datagrams.client.recv(10) == b"and back"
        assert datagrams.client.last.ended_s - sent_s >= 0.150 * ways
        assert (forth.acted, back.acted) == (1, 1)
    assert_all_arrive(datagrams)


def test_only_the_datagram_meant_comes_late(ends: Ends) -> None:
    # Equal delays keep the order; one alone is overtaken by those that have none.
    datagrams = ends.datagrams()
    with ends.forth.delay(port=datagrams.port, delay_ms=300, nth=2) as fault:
        assert arriving(fault, datagrams, numbered(4)) == [1, 3, 4]
        sent_s = datagrams.client.last.began_s
        assert numbers(datagrams.server.receive(1)) == [2]
        assert datagrams.server.last.ended_s - sent_s >= 0.3
        assert fault.acted == 1
    assert_all_arrive(datagrams)


def test_held_datagrams_come_at_once_and_in_order_when_it_is_lifted(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.delay(port=datagrams.port, delay_ms=TEN_MINUTES_MS) as fault:
        assert arriving(fault, datagrams, numbered(5)) == []
        assert fault.acted == 5
    assert numbers(datagrams.server.receive(5)) == [1, 2, 3, 4, 5]
    assert_all_arrive(datagrams)


@pytest.mark.parametrize("distribution", ["uniform", "normal", "pareto"])
def test_jitter_keeps_the_order(ends: Ends, distribution: str) -> None:
    # In order, all come after the one that is delayed the most: that is how long it takes at least,
    # and longer than without jitter.
    asked = {"protocol": "udp", "delay_ms": 40, "jitter_ms": 40, "distribution": distribution}
    longest_s = max(drawn_s(100, **asked))
    assert longest_s > 0.06
    datagrams = ends.datagrams()
    with ends.forth.fault("delay", **asked) as fault:
        datagrams.client.send_each(numbered(100))
        assert numbers(datagrams.server.receive(100)) == list(range(1, 101))
        assert datagrams.server.last.ended_s - datagrams.client.last.began_s >= longest_s
        assert fault.acted == 100
    assert_all_arrive(datagrams)


def test_datagrams_that_may_overtake_come_in_the_order_of_the_seed(ends: Ends) -> None:
    # Sent at once; the seed was chosen for delays that differ by much more than the time that this
    # takes. So the order is the seed's own, both times, and not the one in which they were sent.
    asked = {"delay_ms": 1_000, "jitter_ms": 1_000, "overtake": True, "seed": 238}
    delays_s = drawn_s(4, protocol="udp", **asked)
    assert min(b - a for a, b in pairwise(sorted(delays_s))) > 0.4
    order = sorted(range(1, 5), key=lambda number: delays_s[number - 1])
    assert order != [1, 2, 3, 4]
    datagrams = ends.datagrams()
    for _ in range(2):
        with ends.forth.fault("delay", protocol="udp", **asked) as fault:
            datagrams.client.send_each(numbered(4))
            assert numbers(datagrams.server.receive(4)) == order
            assert fault.acted == 4
    assert_all_arrive(datagrams)


def test_stream_has_every_byte_once_and_in_order_though_segments_overtake(ends: Ends) -> None:
    # Segments that came too early were kept until the others came: the receiver's kernel counts.
    stream = ends.stream()
    data = pattern(60_000)
    before = ends.counters("server")["TcpExtTCPOFOQueue"]
    asked = {"delay_ms": 10, "jitter_ms": 10, "overtake": True}
    with ends.forth.fault("delay", port=stream.port, **asked) as fault:
        stream.client.send_each([data[at : at + 1_000] for at in range(0, 60_000, 1_000)])
        assert stream.server.read(60_000) == data
        # What waits for the window is put together, up to full segments.
        assert fault.acted >= 60_000 // 1_460
    assert ends.counters("server")["TcpExtTCPOFOQueue"] > before
    assert stream.server.drain() == []
