"""Several faults on one link act in the order of their stages, however they were added.

What ends a packet's way, changes it, copies it, changes its order, then rate, then delay. Proof:
each outcome below is another one if two of the stages change places.
"""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from lab.api.fault import LinkFault
from lab.api.lab import Lab
from tests.integration.wire.ends import (
    Ends,
    arriving,
    assert_all_arrive,
    numbered,
    numbers,
)
from tests.integration.wire.sockets import Sockets
from tests.waiting import wait_until

# A packet of 1,000 bytes takes ten minutes: the line is not free again during a test.
SNAIL_BPS = 1_000 * 8 / 600
both_orders = pytest.mark.parametrize("turned", [False, True], ids=["added-in-order", "turned"])


def added(*faults: Callable[[], LinkFault], turned: bool) -> list[LinkFault]:
    """Put the faults in force, the last one first if they are to be `turned`; return them."""
    if turned:
        return [fault() for fault in reversed(faults)][::-1]
    return [fault() for fault in faults]


@both_orders
def test_lost_packets_are_not_copied(ends: Ends, turned: bool) -> None:
    datagrams = ends.datagrams()
    drop, duplicate = added(
        lambda: ends.forth.drop(port=datagrams.port, nth=1),
        lambda: ends.forth.duplicate(port=datagrams.port),
        turned=turned,
    )
    with drop, duplicate:
        datagrams.client.send_each(numbered(3))
        assert sorted(numbers(datagrams.server.receive(4))) == [2, 2, 3, 3]
        assert (drop.matched, duplicate.matched, duplicate.acted) == (3, 2, 2)
    assert_all_arrive(datagrams)


@both_orders
def test_copies_have_the_damage(ends: Ends, turned: bool) -> None:
    datagrams = ends.datagrams()
    corrupt, duplicate = added(
        lambda: ends.forth.corrupt(port=datagrams.port, offset_bytes=0, bits=8, checksum="mended"),
        lambda: ends.forth.duplicate(port=datagrams.port),
        turned=turned,
    )
    with corrupt, duplicate:
        datagrams.client.send(b"\x00 as it was")
        assert datagrams.server.receive(2) == [b"\xff as it was"] * 2
        assert corrupt.acted == duplicate.acted == 1
    assert_all_arrive(datagrams)


@both_orders
def test_lost_packets_take_no_room_in_the_queue(ends: Ends, turned: bool) -> None:
    # 1 is on the line, 3 and 4 wait; a 2 that had waited would have had 4's room.
    datagrams = ends.datagrams()
    drop, rate = added(
        lambda: ends.forth.drop(port=datagrams.port, nth=2),
        lambda: ends.forth.rate(port=datagrams.port, rate_bps=SNAIL_BPS, limit_packets=2),
        turned=turned,
    )
    with drop, rate:
        assert arriving(drop, datagrams, numbered(5)) == []
        assert (drop.acted, rate.matched) == (1, 4)
    assert numbers(datagrams.server.receive(3)) == [1, 3, 4]
    assert_all_arrive(datagrams)


@both_orders
def test_order_is_changed_before_the_queue(ends: Ends, turned: bool) -> None:
    # 2 is the first on the line; 1 comes after it, takes the queue's one place, and 3 is lost.
    datagrams = ends.datagrams()
    reorder, rate = added(
        lambda: ends.forth.reorder(port=datagrams.port, nth=1, gap=1, hold_ms=60_000),
        lambda: ends.forth.rate(port=datagrams.port, rate_bps=SNAIL_BPS, limit_packets=1),
        turned=turned,
    )
    with reorder, rate:
        assert arriving(reorder, datagrams, numbered(3)) == []
    assert numbers(datagrams.server.receive(2)) == [2, 1]
    assert_all_arrive(datagrams)


@both_orders
def test_time_on_the_line_and_delay_add_up(ends: Ends, turned: bool) -> None:
    datagrams = ends.datagrams()
    rate, delay = added(
        lambda: ends.forth.rate(port=datagrams.port, rate_bps=80_000),
        lambda: ends.forth.delay(port=datagrams.port, delay_ms=100),
        turned=turned,
    )
    with rate, delay:
        # More than 1,000 bytes each: 100 ms on the line, then 100 ms on their way, together.
        datagrams.client.send_each(numbered(3, size=1_000))
        assert numbers(datagrams.server.receive(3)) == [1, 2, 3]
        assert datagrams.server.last.ended_s - datagrams.client.last.began_s >= 0.4
        assert rate.acted == delay.acted == 3
    assert_all_arrive(datagrams)


def test_one_of_two_is_lifted_and_the_other_acts_on(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.drop(port=datagrams.port, every=3) as thirds:
        with ends.forth.drop(port=datagrams.port, nth=1):
            datagrams.client.send_each(numbered(4))
            wait_until(lambda: thirds.matched >= 4, "the wire to see all")
            assert numbers(datagrams.server.drain()) == [2, 4]
        assert arriving(thirds, datagrams, numbered(4, first=5)) == [5, 7, 8]
    assert_all_arrive(datagrams)


def test_there_may_be_more_faults_than_the_kernel_takes_lines_for_in_one_step(
    trio: tuple[Lab, dict[str, Sockets]],
) -> None:
    ends = Ends(*trio, 4)
    first, last = ends.datagrams(), ends.datagrams()
    with ExitStack() as faults:
        faults.enter_context(ends.forth.drop(port=first.port))
        for port in range(1, 170):
            faults.enter_context(ends.forth.drop(port=port))
        fault = faults.enter_context(ends.forth.drop(port=last.port))
        assert arriving(fault, last, numbered(3)) == []
        first.client.send(b"lost")
        assert_all_arrive(ends.datagrams())
        assert first.server.drain() == []
    assert_all_arrive(first)
    assert_all_arrive(last)
