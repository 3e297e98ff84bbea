"""Rate: packets leave one after the other, and what has no room in the queue is lost.

Proof that it acts: what is sent cannot be there before its bits have passed at that rate; and of a
burst that comes while the line is taken by its first packet, exactly those arrive that had room.
That it lifts: a queue that would last for an hour comes at once.
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

HEADERS = {4: 20 + 8, 6: 40 + 8}
# A packet of 1,000 bytes takes ten minutes: the line is not free again during a test.
SNAIL_BPS = 1_000 * 8 / 600


def test_datagrams_take_as_long_as_their_bits(ends: Ends) -> None:
    datagrams = ends.datagrams()
    count, size, rate_bps = 50, 1_000, 1_000_000
    with ends.forth.rate(port=datagrams.port, rate_bps=rate_bps) as fault:
        datagrams.client.send_each(numbered(count, size=size))
        assert numbers(datagrams.server.receive(count)) == list(range(1, count + 1))
        least_s = count * (size + HEADERS[ends.version]) * 8 / rate_bps
        assert datagrams.server.last.ended_s - datagrams.client.last.began_s >= least_s
        assert fault.acted == count
    assert_all_arrive(datagrams)


def test_stream_takes_as_long_as_its_bits(ends: Ends) -> None:
    stream = ends.stream()
    data = pattern(100_000)
    with ends.forth.rate(port=stream.port, rate_bps=2_000_000) as fault:
        stream.client.sendall(data)
        sent_s = stream.client.last.began_s
        assert stream.server.read(len(data)) == data
        assert stream.server.last.ended_s - sent_s >= len(data) * 8 / 2_000_000
        assert fault.acted > 0
    assert stream.server.drain() == []


@pytest.mark.parametrize(
    ("limit", "arrive"),
    [
        ({"limit_packets": 4}, [1, 2, 3, 4, 5]),
        ({"limit_packets": 0}, [1]),
        # Three packets of 1,000 bytes have room in it, and not a fourth.
        ({"limit_bytes": 3_999}, [1, 2, 3, 4]),
    ],
    ids=["packets", "no-queue", "bytes"],
)
def test_tail_that_has_no_room_is_lost(
    ends: Ends, limit: dict[str, int], arrive: list[int]
) -> None:
    # The first is on the line, the next ones wait, the rest finds no room.
    datagrams = ends.datagrams()
    burst = numbered(10, size=1_000 - HEADERS[ends.version])
    with ends.forth.fault("rate", port=datagrams.port, rate_bps=SNAIL_BPS, **limit) as fault:
        assert arriving(fault, datagrams, burst) == []
        assert fault.acted == 10
    assert numbers(datagrams.server.receive(len(arrive))) == arrive
    assert_all_arrive(datagrams)
