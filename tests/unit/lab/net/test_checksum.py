"""Checksums: known values, and scapy's for every layout; any bytes can be mended."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet as Layer
from scapy.utils import checksum as scapy_checksum

from lab.net.checksum import internet, is_right, mended
from lab.net.packet import TCP, UDP, parse
from tests.unit.lab.agent.wire_packets import (
    MORE_FRAGMENTS,
    PLAIN,
    any_bytes,
    icmp,
    ipv4,
    ipv6,
    tcp,
    udp,
)

KNOWN = (
    (b"", 0, 0xFFFF),
    (b"\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 0, 0xFFFF - 0xDDF2),  # RFC 1071, 3
    (bytes.fromhex("450000730000400040110000c0a80001c0a800c7"), 0, 0xB861),
    (b"\x01", 0, 0xFEFF),  # odd: a zero follows
    (b"\xff\xff", 0, 0),
    (bytes(20), 0, 0xFFFF),
    (b"\x00\x01", 0xFFFE, 0),
    (b"\x00\x01", 0x1FFFE, 0xFFFE),
)


@pytest.mark.parametrize(("data", "start", "expected"), KNOWN)
def test_known_sums(data: bytes, start: int, expected: int) -> None:
    assert internet(data, start) == expected


@given(st.binary(max_size=1600))
def test_scapy_sums_the_same(data: bytes) -> None:
    assert internet(data) == scapy_checksum(data)


@pytest.mark.parametrize("data", PLAIN)
def test_scapy_mends_the_same(data: bytes) -> None:
    packet = parse(data)
    theirs: Layer = IP(data) if packet.version == 4 else IPv6(data)
    layer = theirs
    while layer:  # scapy fills in what is missing
        has_none = layer.name == "UDP" and packet.version == 4 and layer.chksum == 0
        if layer.name == "IP" or not (packet.fragment or has_none):
            layer.fields.pop("chksum", None)
            layer.fields.pop("cksum", None)
        layer = layer.payload
    theirs.clear_cache()
    assert mended(packet) == bytes(theirs)


@pytest.mark.parametrize(
    "data",
    [
        ipv4(TCP, tcp(2)),
        ipv6(TCP, tcp(2)),
        ipv6(UDP, udp(b"x")),
        ipv4(1, icmp(8)),
        ipv6(58, icmp(1)),
    ],
)
def test_every_changed_byte_is_seen(data: bytes) -> None:
    right = bytearray(mended(parse(data)))
    assert is_right(parse(bytes(right)))
    begins = 0 if right[0] >> 4 == 4 else 40
    for at in range(begins + 6, len(right)):  # what says where things stand may not change
        if at in (begins + 6, begins + 7, 9) or (begins == 40 and at in (44, 45)):
            continue
        right[at] ^= 0x01
        if parse(bytes(right)).fragment == "":
            assert not is_right(parse(bytes(right))), f"byte {at}"
        right[at] ^= 0x01


def test_udp_without_a_checksum_keeps_none_over_ipv4_alone() -> None:
    over4, over6 = parse(ipv4(UDP, udp(b"hi"))), parse(ipv6(UDP, udp(b"hi")))
    assert mended(over4)[26:28] == b"\0\0"
    assert is_right(parse(mended(over4)))
    assert mended(over6)[46:48] != b"\0\0"
    assert not is_right(over6)


@pytest.mark.parametrize(
    ("data", "at"), [(ipv4(UDP, udp(b"??", checksum=1)), 26), (ipv6(UDP, udp(b"??")), 46)]
)
def test_udp_sum_of_zero_is_written_as_ffff(data: bytes, at: int) -> None:
    value = int.from_bytes(mended(parse(data[:-2] + b"\0\0"))[at : at + 2], "big")
    zero = mended(parse(data[:-2] + pack("!H", value)))  # what the sum lacked, as the payload
    assert zero[at : at + 2] == b"\xff\xff"
    assert is_right(parse(zero))


def test_fragment_keeps_its_transport_checksum() -> None:
    data = ipv4(UDP, udp(b"first part", checksum=7), fragment=MORE_FRAGMENTS)
    assert mended(parse(data))[20:] == data[20:]
    assert internet(mended(parse(data))[:20]) == 0


def test_udp_length_says_what_is_covered() -> None:
    data = ipv4(UDP, udp(b"hello", length=13, checksum=1) + b"rest")
    other = data[:-4] + b"****"
    assert mended(parse(data))[26:28] == mended(parse(other))[26:28]


@pytest.mark.parametrize(("segments_left", "changes"), [(0, True), (1, False)])
def test_packet_under_way_keeps_its_transport_checksum(segments_left: int, changes: bool) -> None:
    data = ipv6(43, pack("!BBBB", TCP, 2, 4, segments_left) + bytes(20) + tcp(2))
    assert (mended(parse(data)) != data) is changes


@given(any_bytes())
def test_whatever_comes_is_mended(data: bytes) -> None:
    packet = parse(mended(parse(data)))
    assert is_right(packet)
    assert len(packet.data) == len(data)
    assert mended(packet) == packet.data
