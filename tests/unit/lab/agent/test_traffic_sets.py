"""Keys of the sets that traffic is counted in, as the kernel tells them, and what they mean."""

import pytest

from lab.agent.wire.netlink import attribute, nested, text
from lab.agent.wire.traffic_sets import (
    ARRIVALS,
    COUNTED,
    DEPARTURES,
    FAMILIES,
    OF_ROUTES,
    ROUTES,
    Elements,
    Family,
    Set,
    counted,
    direct,
    element,
    lines,
    split,
)
from lab.net.packet import ACK, ICMPV6, SYN, TCP, UDP
from lab.net.traffic import Count
from tests.unit.lab.agent.wire_packets import CLIENT4, CLIENT6, SERVER4, SERVER6

OF_4, OF_6 = FAMILIES
ENDS = {OF_4: (CLIENT4, SERVER4), OF_6: (CLIENT6, SERVER6)}
TEXTS = {OF_4: ("198.18.1.2", "198.18.1.3"), OF_6: ("fd00::2", "fd00::3")}
ROUTER4 = bytes([198, 18, 1, 1])
ETHERNET = 14


def key(of: Set, rest: bytes) -> bytes:
    return b"".join(ENDS[of.family]) + rest.ljust(of.key_bytes - of.rest_at, b"\0")


def tcp_rest(words: int, flags: int, length: int) -> bytes:
    """Return what follows the addresses: the data offset and the flags, then the length."""
    return bytes([words << 4, flags, 0, 0]) + length.to_bytes(2, "big")


def found(of: Set, rest: bytes, packets: int, bytes_: int) -> list[Count]:
    ends, after = split(of, key(of, rest))
    assert ends == ENDS[of.family]
    return list(counted(of, ends, after, (packets, bytes_)))


@pytest.mark.parametrize("chain", [DEPARTURES, ARRIVALS])
@pytest.mark.parametrize("family", FAMILIES)
def test_data_of_tcp_is_what_is_left_without_headers(family: Family, chain: str) -> None:
    one = family.header_bytes + 32 + 100 + (ETHERNET if chain == DEPARTURES else 0)
    of = Set(family, chain, is_tcp=True)
    rest = tcp_rest(8, ACK, 0)  # the length is there of short ones only
    assert found(of, rest, 3, 3 * one) == [Count(*TEXTS[family], "TCP data", 3, 300)]


@pytest.mark.parametrize(("family", "length"), [(OF_4, 20 + 40), (OF_6, 40)])
def test_segments_without_data_are_known_by_their_length(family: Family, length: int) -> None:
    of = Set(family, ARRIVALS, is_tcp=True)
    bytes_ = family.header_bytes + 40
    for flags, kind in ((SYN, "TCP SYN"), (ACK, "TCP ACK")):
        rest = tcp_rest(10, flags, length)
        assert found(of, rest, 1, bytes_) == [Count(*TEXTS[family], kind, 1, 0)]
    (longer,) = found(of, tcp_rest(10, ACK, length + 1), 1, bytes_ + 1)
    assert (longer.kind, longer.data_bytes) == ("TCP data", 1)


def test_other_protocols_are_whole_packets() -> None:
    udp, icmp = (Set(family, DEPARTURES) for family in FAMILIES)
    assert found(udp, bytes([UDP]), 2, 999) == [Count(*TEXTS[OF_4], "UDP", 2, 0)]
    assert found(icmp, bytes([ICMPV6]), 1, 99) == [Count(*TEXTS[OF_6], "ICMPv6", 1, 0)]


def test_what_of_tcp_stands_among_the_others_counts_there_no_more() -> None:
    assert found(Set(OF_4, ARRIVALS), bytes([TCP]), 1, 60) == []


def test_only_who_is_reached_by_no_router_is_direct() -> None:
    sets: Elements = {of: {} for of in OF_ROUTES}
    of_4, of_6 = OF_ROUTES
    both = CLIENT4 + SERVER4, SERVER4 + CLIENT4
    sets[of_4] = {both[0] + SERVER4: (1, 1), both[1] + CLIENT4: (1, 1), both[1] + ROUTER4: (1, 1)}
    sets[of_6] = {key(of_6, SERVER6): (1, 1)}
    assert direct(sets) == {(CLIENT4, SERVER4), (CLIENT6, SERVER6)}


def test_keys_are_as_long_as_the_registers_that_lines_fill() -> None:
    assert {of.name: of.key_bytes for of in (*OF_ROUTES, *COUNTED)} == {
        **{"routes-4-other": 12, "routes-16-other": 48},
        **{"departures-4-tcp": 16, "departures-4-other": 12},
        **{"arrivals-4-tcp": 16, "arrivals-4-other": 12},
        **{"departures-16-tcp": 40, "departures-16-other": 36},
        **{"arrivals-16-tcp": 40, "arrivals-16-other": 36},
    }


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("chain", [DEPARTURES, ARRIVALS, ROUTES])
def test_lines_add_to_the_sets_of_their_chain_alone(family: Family, chain: str) -> None:
    written = b"".join(part for line in lines(family, chain) for part in line)
    for of in (*OF_ROUTES, *COUNTED):
        is_theirs = (of.family, of.chain) == (family, chain)
        assert (text(1, of.name) in written) is is_theirs


def eight(number: int) -> bytes:
    return number.to_bytes(8, "big")


COUNTER = nested(7, text(1, "counter"), nested(2, attribute(1, eight(60)), attribute(2, eight(1))))
KEY = nested(1, attribute(1, b"a key"))


def test_an_element_has_a_key_and_figures() -> None:
    assert element(KEY + COUNTER) == (b"a key", (1, 60))


@pytest.mark.parametrize(
    "told", [b"", KEY, COUNTER, nested(1) + COUNTER, KEY + nested(7, text(1, "counter"))]
)
def test_an_element_that_lacks_something_is_an_error(told: bytes) -> None:
    with pytest.raises(OSError, match="Bad message"):
        element(told)
