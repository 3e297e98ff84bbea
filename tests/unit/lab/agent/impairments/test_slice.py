"""One segment becomes several: each a right TCP segment, and together the same data and flags."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.agent.wire.pipeline import Pipeline
from lab.agent.wire.transit import Transit
from lab.evidence.pcapng import Record, read
from lab.net import checksum
from lab.net.fate import CHANGED, DELIVERED, HELD
from lab.net.packet import ACK, FIN, PSH, RST, SYN, TCP, UDP, Packet, parse
from lab.net.parameters import ParameterError
from lab.net.pcapng import ARRIVED
from tests import tshark
from tests.unit.lab.agent import captures
from tests.unit.lab.agent.wire_faults import MS, fault, pipeline
from tests.unit.lab.agent.wire_packets import MORE_FRAGMENTS, ipv4, ipv6, tcp, udp

CWR, URG, ECE = 0x80, 0x20, 0x40
TIMESTAMPS = b"\x01\x01\x08\x0a" + bytes(8)
HOP_BY_HOP = b"\x06\x00" + bytes(6)


def right(data: bytes) -> Packet:
    return parse(checksum.mended(parse(data)))


def arrived(link: Pipeline, packet: Packet, at_ms: float = 0, id_: bytes = b"a") -> list[Transit]:
    return link.arrive(id_, packet, round(at_ms * MS))


def sliced(packet: Packet, size_bytes: int) -> list[Packet]:
    done = arrived(pipeline(fault("slice", size_bytes=size_bytes)), packet)
    assert [one.id for one in done] == [b"a", *[b""] * (len(done) - 1)]
    return [one.current for one in done]


segments = st.builds(
    lambda flags, data, sequence, options, over: right(
        ipv4(TCP, tcp(flags, data, sequence=sequence, options=options, acknowledgment=9))
        if over == 4
        else ipv6(
            0, HOP_BY_HOP + tcp(flags, data, sequence=sequence, options=options, acknowledgment=9)
        )
    ),
    st.sampled_from([ACK, ACK | PSH, ACK | FIN, ACK | PSH | FIN | CWR | ECE]),
    st.binary(min_size=2, max_size=100),
    st.integers(0, 2**32 - 1),
    st.sampled_from([b"", TIMESTAMPS]),
    st.sampled_from([4, 6]),
)


@given(segments, st.integers(1, 100))
def test_pieces_are_right_segments_with_the_same_data(packet: Packet, size_bytes: int) -> None:
    pieces = sliced(packet, size_bytes)
    data = [one.data[one.payload_at :] for one in pieces]
    assert b"".join(data) == packet.data[packet.payload_at :]
    assert {len(one) for one in data[:-1]} <= {size_bytes}
    assert all(checksum.is_right(one) and one.length == len(one.data) for one in pieces)
    for one, following in pairwise(pieces):
        assert following.sequence == (one.sequence + one.payload_length) % 2**32
    assert pieces[0].sequence == packet.sequence
    for one in pieces:
        header = slice(packet.transport_at + 20, packet.payload_at)
        assert one.data[header] == packet.data[header]
        assert (one.source, one.destination) == (packet.source, packet.destination)
        assert (one.acknowledgment, one.destination_port) == (9, packet.destination_port)


@given(segments, st.integers(1, 100))
def test_flags_of_the_end_are_on_the_last_piece_and_cwr_on_the_first(
    packet: Packet, size_bytes: int
) -> None:
    flags = [one.flags for one in sliced(packet, size_bytes)]
    ends = packet.flags & (PSH | FIN)
    assert [one & (PSH | FIN) for one in flags] == [*[0] * (len(flags) - 1), ends]
    assert [one & CWR for one in flags] == [packet.flags & CWR, *[0] * (len(flags) - 1)]
    assert {one & (ACK | ECE) for one in flags} == {packet.flags & (ACK | ECE)}


def test_pieces_over_ipv4_have_identifications_of_their_own() -> None:
    pieces = sliced(right(ipv4(TCP, tcp(ACK, b"12345"))), 2)
    assert [int.from_bytes(one.data[4:6], "big") for one in pieces] == [4321, 4322, 4323]


@pytest.mark.parametrize(
    "data",
    [
        *(ipv4(TCP, tcp(flags, b"hello")) for flags in (SYN, SYN | ACK, RST, RST | ACK, ACK | URG)),
        ipv4(TCP, tcp(ACK, b"hell")),
        ipv4(TCP, tcp(ACK)),
        ipv4(TCP, tcp(ACK, b"hello"), fragment=MORE_FRAGMENTS),
        ipv4(UDP, udp(b"a datagram")),
        b"noise",
        ipv4(TCP, b"hello"),  # no whole header
        ipv6(TCP, b"hello"),
    ],
)
def test_what_is_not_meant_stays_whole_and_is_not_counted(data: bytes) -> None:
    one = fault("slice", size_bytes=4)
    (met,) = arrived(pipeline(one), right(data))
    assert (met.data, met.actions, met.whole) == (None, [], None)
    assert one.matched_packets == 0


def test_udp_is_refused() -> None:
    with pytest.raises(ParameterError, match="protocol udp: it works on tcp only"):
        fault("slice", size_bytes=4, protocol="udp")


def test_what_is_damaged_is_not_mended_by_cutting_it() -> None:
    faults = fault("corrupt", offset_bytes=0), fault("slice", size_bytes=2)
    (met,) = arrived(pipeline(*faults), right(ipv4(TCP, tcp(ACK, b"hello"))))
    assert not checksum.is_right(met.current)
    assert met.actions[1][1].what == "not cut"


def test_what_stands_in_its_place_is_not_cut() -> None:
    faults = fault("reset", to="receiver"), fault("slice", size_bytes=2)
    (met,) = arrived(pipeline(*faults), right(ipv4(TCP, tcp(ACK, b"hello"))))
    assert met.current.flags & RST


HELLO = right(ipv4(TCP, tcp(ACK | PSH, b"hello")))


def came(done: list[Transit]) -> list[bytes]:
    return [one.current.data[one.packet.payload_at :] for one in done if not one.lost]


def test_pieces_come_one_after_the_other() -> None:
    link = pipeline(fault("slice", size_bytes=2, spacing_ms=10))
    assert came(arrived(link, HELLO)) == [b"he"]
    # Those of the next one come after them.
    assert came(arrived(link, HELLO, 5)) == []
    assert [came(link.due(at_ms * MS)) for at_ms in range(10, 60, 10)] == [
        *([b"ll"], [b"o"], [b"he"], [b"ll"], [b"o"]),
    ]
    assert link.next_due_ns() is None


def test_lifting_it_lets_all_pieces_go_on_in_order() -> None:
    one = fault("slice", size_bytes=1, spacing_ms=10)
    link = pipeline(one)
    assert came(arrived(link, HELLO)) == [b"h"]
    assert came(link.lift(one, 1 * MS)) == [b"e", b"l", b"l", b"o"]
    assert link.next_due_ns() is None


def test_later_faults_meet_each_piece() -> None:
    cut = fault("slice", size_bytes=1)
    again, late = fault("duplicate", nth=2), fault("delay", delay_ms=5, nth=3)
    rate = fault("rate", rate_bps=8_000, limit_packets=0, nth=5)
    link = pipeline(cut, again, rate, late)
    done = arrived(link, right(ipv4(TCP, tcp(ACK, b"abcde"))))
    assert came(done) == [b"a", b"b", b"d"]
    done += link.due(1000 * MS)
    assert came(done) == [b"a", b"b", b"d", b"c", b"e"]
    assert [one.duplicates for one in done] == [0, 1, 0, 0, 0]
    assert (cut.acted_packets, again.matched_packets, late.matched_packets) == (1, 5, 5)


def records(path: Path, *, later: bool = True, **asked: float) -> list[Record]:
    stream = captures.captured(
        [HELLO.data, HELLO.data],
        [captures.fault(1, "slice", size_bytes=2, nth=1, **asked)],
        later=later,
    )
    path.write_bytes(stream)
    return [one for one in read(path) if isinstance(one, Record)]


@pytest.mark.parametrize("spacing_ms", [0, 10])
def test_a_capture_has_one_arrival_and_every_piece_with_its_id(
    tmp_path: Path, spacing_ms: float
) -> None:
    found = records(tmp_path / "wire.pcapng", spacing_ms=spacing_ms)
    first = [one for one in found if one.packet_id == 1]
    assert [one.data for one in first if one.interface == ARRIVED] == [HELLO.data]
    pieces = [parse(one.data) for one in first if one.interface != ARRIVED]
    assert b"".join(one.data[one.payload_at :] for one in pieces) == b"hello"
    assert {CHANGED in one.fate.words for one in first} == {True}
    assert {one.fate.actions[0].what for one in first} == {"cut into 3 pieces"}
    other = [one for one in found if one.packet_id == 2]
    assert [(one.data, one.fate.words) for one in other] == [(HELLO.data, (DELIVERED,))] * 2
    frames = tshark.fields(tmp_path / "wire.pcapng", "tcp.len", "tcp.checksum.status")
    assert sorted(one["tcp.len"] for one in frames) == ["1", "2", "2", "5", "5", "5"]


def test_pieces_that_wait_at_the_end_are_no_second_arrival(tmp_path: Path) -> None:
    found = records(tmp_path / "wire.pcapng", later=False, spacing_ms=10)
    assert [one.packet_id for one in found if one.interface == ARRIVED] == [1, 2]
    assert HELD not in {one.fate.kind for one in found}
