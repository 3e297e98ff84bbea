"""Flipped bits: so many, there, and nowhere else; with the checksum left or mended."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lab.net import checksum
from lab.net.packet import ACK, RST, TCP, UDP, Packet, parse
from tests.unit.lab.agent.wire_faults import fault, pipeline, segment, transit
from tests.unit.lab.agent.wire_packets import MORE_FRAGMENTS, WHOLE, ipv4, ipv6, tcp, udp

DATA = parse(checksum.mended(parse(ipv4(TCP, tcp(ACK, b"hello")))))
DATAGRAM6 = parse(checksum.mended(parse(ipv6(UDP, udp(b"hello", checksum=1)))))


def corrupted(packet: Packet, **asked: object) -> bytes:
    met = transit(packet)
    fault("corrupt", **asked).meet(met)
    assert not met.lost
    assert met.data is not None
    return met.data


def flipped(before: bytes, after: bytes) -> list[int]:
    """Return the places of the bits that differ."""
    assert len(before) == len(after)
    different = int.from_bytes(before, "big") ^ int.from_bytes(after, "big")
    size = len(before) * 8
    return [bit for bit in range(size) if different >> (size - 1 - bit) & 1]


@pytest.mark.parametrize("packet", [DATA, DATAGRAM6], ids=["TCP", "UDP over IPv6"])
def test_bits_flip_where_they_are_asked_for(packet: Packet) -> None:
    start = packet.payload_at * 8
    for offset, bits, expected in [
        (0, 1, [0]),
        (0, 3, [0, 1, 2]),
        (2, 9, list(range(16, 25))),
        (4, 8, list(range(32, 40))),
        (4, 10, [0, 1, *range(32, 40)]),  # on from the payload's beginning
        (0, 40, list(range(40))),
        (0, 64, list(range(40))),  # no bit twice
        (3, 41, list(range(40))),
    ]:
        found = flipped(packet.data, corrupted(packet, offset_bytes=offset, bits=bits))
        assert found == [start + bit for bit in expected]


def test_by_itself_one_bit_of_the_payload_flips_anywhere() -> None:
    one, places = fault("corrupt"), set()
    for _ in range(2000):
        met = transit(DATA)
        one.meet(met)
        assert met.data is not None
        (bit,) = flipped(DATA.data, met.data)
        places.add(bit - DATA.payload_at * 8)
    assert places == set(range(40))


def test_without_payload_the_header_is_corrupted() -> None:
    empty = segment(ACK)
    (bit,) = flipped(empty.data, corrupted(empty))
    assert bit // 8 in range(empty.transport_at, empty.length)


def test_a_packet_without_that_byte_is_left_alone_and_not_counted() -> None:
    one, met = fault("corrupt", offset_bytes=5), transit(DATA)
    one.meet(met)
    assert (met.data, met.actions, one.matched_packets) == (None, [], 0)


@pytest.mark.parametrize("packet", [DATA, DATAGRAM6], ids=["TCP", "UDP over IPv6"])
def test_the_checksum_is_left_or_mended(packet: Packet) -> None:
    assert checksum.is_right(packet)
    left = corrupted(packet, offset_bytes=1, bits=2)
    assert not checksum.is_right(parse(left))
    mended = corrupted(packet, offset_bytes=1, bits=2, checksum="mended")
    assert checksum.is_right(parse(mended))
    assert (
        mended[packet.payload_at :] == left[packet.payload_at :] != packet.data[packet.payload_at :]
    )


@given(
    st.sampled_from([parse(data) for data in WHOLE]),
    st.integers(1, 64),
    st.none() | st.integers(0, 3),
    st.integers(0, 100),
)
def test_only_those_bits_flip(packet: Packet, bits: int, offset: int | None, seed: int) -> None:
    begin = packet.payload_at if packet.payload_at < packet.length else packet.transport_at
    assume(begin + (offset or 0) < packet.length)
    found = flipped(packet.data, corrupted(packet, bits=bits, offset_bytes=offset, seed=seed))
    assert len(found) == min(bits, (packet.length - begin) * 8)
    assert min(found) >= begin * 8
    assert max(found) < packet.length * 8


def test_two_of_them_add_up_and_an_rst_can_be_corrupted() -> None:
    long = segment(ACK, b"x" * 500)
    twice = pipeline(
        fault("corrupt", offset_bytes=0), fault("corrupt", offset_bytes=499, checksum="mended")
    )
    (one,) = twice.arrive(b"", long, 0)
    assert one.data is not None
    assert flipped(long.data[40:], one.data[40:]) == [0, 499 * 8]
    for offset in (None, 0, 499):
        reset = pipeline(fault("reset"), fault("corrupt", offset_bytes=offset, bits=64))
        (one,) = reset.arrive(b"", long, 0)
        assert one.data is not None
        assert len(one.data) == 40  # shorter than the segment that it stands for
        assert one.data[:20] == parse(one.data).data[:20]
        assert parse(one.data).version == 4


def test_what_is_sent_in_place_of_a_segment_is_an_rst_until_it_is_corrupted() -> None:
    (one,) = pipeline(fault("reset"), fault("corrupt", nth=2)).arrive(b"", segment(ACK, b"x"), 0)
    assert one.data is not None
    assert parse(one.data).flags & RST


def test_a_fragment_whose_checksum_cannot_be_mended_is_left_alone() -> None:
    packet = parse(ipv4(UDP, udp(b"hello"), fragment=MORE_FRAGMENTS))
    one, met = fault("corrupt", checksum="mended"), transit(packet)
    one.meet(met)
    assert (met.data, one.matched_packets) == (None, 0)
    assert corrupted(packet, checksum="left") != packet.data
