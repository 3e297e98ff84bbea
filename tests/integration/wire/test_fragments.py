"""Fragments: the wire sees a large datagram in the pieces in which it came, and may take one.

Proof: one lost piece of three is the loss of that whole datagram, and of no other.
"""

import pytest

from tests.integration.wire.ends import Ends, pattern
from tests.waiting import wait_until

SIZE = 4_000  # three fragments over an MTU of 1500


@pytest.mark.parametrize(
    ("fragment", "matching"),
    [("first", 2), ("later", 4), ("any", 6)],
    ids=["first", "later", "any"],
)
def test_datagram_is_lost_with_one_of_its_fragments(
    ends: Ends, fragment: str, matching: int
) -> None:
    datagrams = ends.datagrams()
    large = [bytes([number]) + pattern(SIZE - 1) for number in (1, 2)]
    # A later fragment has no port to match.
    with ends.forth.fault("drop", protocol="udp", fragment=fragment, nth=1) as fault:
        datagrams.client.send_each(large)
        assert datagrams.server.receive(1) == large[1:]
        assert (fault.matched, fault.acted) == (matching, 1)
    assert datagrams.server.drain() == []
    datagrams.client.send(large[0])
    assert datagrams.server.receive(1) == large[:1]


def test_fragments_that_come_in_another_order_are_one_datagram(ends: Ends) -> None:
    datagrams = ends.datagrams()
    data = pattern(SIZE)
    with ends.forth.reorder(protocol="udp", fragment="any", nth=1, gap=2) as fault:
        datagrams.client.send(data)
        assert datagrams.server.receive(1) == [data]
        assert (fault.matched, fault.acted) == (3, 1)


def test_whole_datagrams_are_no_fragments(ends: Ends) -> None:
    datagrams = ends.datagrams()
    with ends.forth.drop(protocol="udp", fragment="any") as fault:
        datagrams.client.send_each([b"whole"] * 3)
        assert datagrams.server.receive(3) == [b"whole"] * 3
        datagrams.client.send(pattern(SIZE))
        wait_until(lambda: fault.matched >= 3, "three fragments")
        assert datagrams.server.drain() == []
