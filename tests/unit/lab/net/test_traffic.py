"""Counts of packets as they travel, and the names of their kinds."""

import pytest

from lab.net import pcapng, traffic
from lab.net.packet import ACK, FIN, RST, SYN
from lab.net.traffic import Count, Counts


def test_counts_come_as_they_were_through_a_block() -> None:
    counts = Counts((Count("a", "b", "UDP", 1, 0),), (Count("b", "a", "TCP data", 2, 99),), "no")
    for one in (counts, Counts()):
        block = pcapng.custom_block(traffic.encode(one))
        assert len(block) % 4 == 0
        assert traffic.decode(pcapng.custom_block_data(block)) == one


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b'{"departures":[[1]],"arrivals":[]}']
)
def test_what_cannot_be_read_is_an_error(data: bytes) -> None:
    assert traffic.decode(data).error


@pytest.mark.parametrize(
    ("flags", "is_empty", "kind"),
    [
        (SYN, True, "TCP SYN"),
        (SYN, False, "TCP SYN"),
        (SYN | ACK, True, "TCP SYN-ACK"),
        (FIN | ACK, False, "TCP FIN-ACK"),
        (RST, True, "TCP RST"),
        (ACK, True, "TCP ACK"),
        (ACK, False, "TCP data"),
        (0, False, "TCP data"),
        (0, True, "TCP without flags"),
    ],
)
def test_kinds_of_tcp(flags: int, kind: str, *, is_empty: bool) -> None:
    assert traffic.tcp_kind(flags, is_empty=is_empty) == kind


def test_other_protocols() -> None:
    assert [traffic.protocol_kind(one) for one in (17, 1, 58, 99)] == [
        *("UDP", "ICMP", "ICMPv6", "IP protocol 99"),
    ]
