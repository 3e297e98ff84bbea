"""Flows: which packets belong together, and how many bytes came before."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.agent.wire import flows
from lab.agent.wire.flows import Flow, Flows
from lab.net.packet import ACK, FIN, RST, SYN, TCP, UDP, Packet, parse
from tests.unit.lab.agent.wire_faults import datagram, segment
from tests.unit.lab.agent.wire_packets import MORE_FRAGMENTS, SERVER4, ipv4, ipv6, tcp, udp


def ordinals(*packets: Packet) -> list[int]:
    found = Flows()
    return [found.of(packet).ordinal for packet in packets]


def test_flows_are_known_by_the_order_of_first_sight() -> None:
    a, b = segment(ports=(9, 80)), segment(ports=(1, 80))
    other_way = segment(ports=(80, 9))
    from_another = parse(ipv4(TCP, tcp(ACK, ports=(9, 80)), source=SERVER4))
    udp_ports = datagram(ports=(9, 80))
    over_ipv6 = parse(ipv6(TCP, tcp(ACK, ports=(9, 80))))
    packets = (a, b, a, other_way, from_another, udp_ports, over_ipv6, b, a, over_ipv6)
    assert ordinals(*packets) == [0, 1, 0, 2, 3, 4, 5, 1, 0, 5]


def test_syn_with_another_number_begins_a_new_flow() -> None:
    first, again = segment(SYN, sequence=100), segment(SYN, sequence=100)
    data = segment(ACK, b"x", sequence=101)
    reused = segment(SYN, sequence=90_000)
    assert ordinals(first, again, data, reused, data, reused) == [0, 0, 0, 1, 1, 1]


def test_syn_ack_begins_a_flow_as_well() -> None:
    answer = segment(SYN | ACK, sequence=7)
    assert ordinals(answer, answer, segment(SYN | ACK, sequence=8)) == [0, 0, 1]


def test_syn_after_the_middle_of_a_flow_is_a_new_one() -> None:
    assert ordinals(segment(ACK, sequence=500), segment(SYN, sequence=600)) == [0, 1]


def test_later_fragments_are_a_flow_of_their_own() -> None:
    first = parse(ipv4(UDP, udp(b"12345678"), fragment=MORE_FRAGMENTS))
    later = parse(ipv4(UDP, b"123", fragment=2))
    assert ordinals(first, later, first, later) == [0, 1, 0, 1]


def test_the_oldest_flow_is_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "MOST_FLOWS", 3)
    a, b, c, d = (segment(ports=(port, 80)) for port in range(4))
    assert ordinals(a, b, c, a, d, b, c, a) == [0, 1, 2, 0, 3, 1, 2, 4]


def test_a_new_connection_in_place_of_an_old_one_pushes_nobody_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "MOST_FLOWS", 2)
    a, b = segment(SYN, ports=(1, 80)), segment(SYN, ports=(2, 80))
    again = segment(SYN, ports=(2, 80), sequence=99)
    assert ordinals(a, b, again, a, again) == [0, 1, 2, 0, 2]


def test_there_are_never_more_flows_than_that() -> None:
    found = Flows()
    for port in range(flows.MOST_FLOWS + 1000):
        found.of(segment(ports=(port & 0xFFFF, port >> 16)))
    assert len(found._flows) == flows.MOST_FLOWS


# Bytes.


def ends(*packets: Packet) -> list[int]:
    flow = Flow(0, packets[0])
    return [flow.bytes_up_to(packet) for packet in packets]


@pytest.mark.parametrize("isn", [0, 1, 2**31 - 10, 2**32 - 10, 2**32 - 1])
def test_bytes_are_counted_by_sequence_numbers(isn: int) -> None:
    def at(place: int, payload: bytes, flags: int = ACK) -> Packet:
        return segment(flags, payload, sequence=(isn + 1 + place) % 2**32)

    syn = segment(SYN, sequence=isn)
    first, second, third = at(0, b"x" * 5), at(5, b"x" * 10), at(15, b"x")
    nothing, end, keepalive = at(16, b""), at(16, b"", FIN | ACK), at(15, b"")
    assert ends(syn, syn, first, second, third, nothing, end) == [0, 0, 5, 15, 16, 16, 16]
    assert ends(syn, third, first, second, first, keepalive) == [0, 16, 5, 15, 5, 15]


def test_data_on_the_syn_count() -> None:
    assert ends(segment(SYN, b"fast"), segment(ACK, b"x", sequence=6)) == [4, 5]


def test_of_a_flow_that_was_there_before_bytes_count_from_first_sight() -> None:
    packets = (segment(sequence=1000), segment(ACK, b"x" * 7, sequence=1000))
    before = segment(ACK, b"y" * 100, sequence=800)
    assert ends(*packets, before, packets[1]) == [0, 7, -100, 7]


def test_a_stray_number_without_data_leaves_the_count_alone() -> None:
    syn, data = segment(SYN, sequence=0), segment(ACK, b"x" * 10)
    stray = segment(RST, sequence=2**31 - 1)
    assert ends(syn, data, stray, data)[-1] == 10


def test_bytes_are_counted_beyond_two_and_four_gib() -> None:
    step = 2**30  # no more than half of the numbers between two packets
    far = [segment(ACK, b"x", sequence=(1 + place) % 2**32) for place in range(0, 2**34, step)]
    assert ends(segment(SYN, sequence=0), *far) == [0, *(n * step + 1 for n in range(16))]


def test_datagrams_are_counted_as_they_come() -> None:
    assert ends(datagram(b"123"), datagram(b""), datagram(b"123")) == [3, 3, 6]


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(1, 1460), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_order_and_repetition_do_not_change_where_a_byte_is(
    isn: int, sizes: list[int], random: Random
) -> None:
    place, packets, expected = 0, [], []
    for size in sizes:
        packets.append(segment(ACK, b"x" * size, sequence=(isn + 1 + place) % 2**32))
        expected.append(place := place + size)
    order = list(range(len(sizes))) * 2
    random.shuffle(order)
    found = ends(segment(SYN, sequence=isn), *(packets[i] for i in order))
    assert found[1:] == [expected[i] for i in order]
