"""Reorder: a packet is held until as many others as asked have passed it, and is never lost.

Proof that it acts: the order in which datagrams are read is exactly the one that follows; over TCP
the receiver's kernel counts the segment that came too early. That it lifts: what is held comes at
once.
"""

import pytest

from tests.integration.wire.ends import (
    Ends,
    arriving,
    assert_all_arrive,
    numbered,
    numbers,
    pattern,
)

A_MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ({"nth": 1, "gap": 1}, [2, 1, 3, 4, 5, 6]),
        ({"nth": 1, "gap": 2}, [2, 3, 1, 4, 5, 6]),
        ({"nth": 3, "gap": 3}, [1, 2, 4, 5, 6, 3]),
        ({"every": 3, "gap": 1}, [1, 2, 4, 3, 5]),  # the sixth is held, and nobody follows
    ],
    ids=["by-one", "by-two", "by-three", "every-third"],
)
def test_datagrams_come_in_exactly_this_order(
    ends: Ends, asked: dict[str, int], order: list[int]
) -> None:
    datagrams = ends.datagrams()
    with ends.forth.fault("reorder", port=datagrams.port, hold_ms=A_MINUTE_MS, **asked) as fault:
        assert arriving(fault, datagrams, numbered(6)) == order
        assert fault.acted == 6 // asked.get("every", 6)
    rest = 6 - len(order)
    assert numbers(datagrams.server.receive(rest)) == [6] * rest
    assert_all_arrive(datagrams)


def test_datagram_that_nobody_passes_comes_after_its_time(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.reorder(port=datagrams.port, hold_ms=200) as fault:
        assert arriving(fault, datagrams, numbered(1)) == []
        assert numbers(datagrams.server.receive(1)) == [1]
        assert datagrams.server.last.ended_s - datagrams.client.last.began_s >= 0.2
        assert fault.acted == 1
    assert_all_arrive(datagrams)


def test_held_datagrams_come_at_once_when_it_is_lifted(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.reorder(port=datagrams.port, hold_ms=A_MINUTE_MS, gap=10) as fault:
        assert arriving(fault, datagrams, numbered(3)) == []
        assert fault.acted == 3
    assert numbers(datagrams.server.receive(3)) == [1, 2, 3]
    assert_all_arrive(datagrams)


def test_stream_has_every_byte_in_order(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(3_000)
    before = ends.counters("server")["TcpExtTCPOFOQueue"]
    with ends.forth.reorder(port=stream.port, data=True, nth=2, gap=1) as fault:
        stream.client.send_each([data[at : at + 500] for at in range(0, 3_000, 500)])
        assert stream.server.read(3_000) == data
        assert fault.acted == 1
    assert ends.counters("server")["TcpExtTCPOFOQueue"] == before + 1
    assert stream.server.drain() == []
