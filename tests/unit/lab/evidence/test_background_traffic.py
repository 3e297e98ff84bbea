"""Which packets kernels send on their own account, so that no list of the last ones has them."""

import pytest

from lab.evidence.background_traffic import is_background
from lab.net.packet import ICMP, ICMPV6, parse
from tests.unit.lab.agent.wire_packets import icmp, ipv4, ipv6


@pytest.mark.parametrize("kind", [130, 131, 132, 133, 134, 135, 136, 137, 143])
def test_neighbours_and_groups_are(kind: int) -> None:
    assert is_background(parse(ipv6(ICMPV6, icmp(kind))))


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 128, 129])
def test_errors_and_echoes_are_not(kind: int) -> None:
    assert not is_background(parse(ipv6(ICMPV6, icmp(kind))))


@pytest.mark.parametrize("kind", [3, 8, 143])
def test_nothing_of_ipv4_is(kind: int) -> None:
    assert not is_background(parse(ipv4(ICMP, icmp(kind))))
