"""Packets in tcpdump's words, with numbers from 0, and where they stand in their stream."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.net.packet import parse
from lab.report.flows import Flows, Place
from tests.made_evidence import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN, icmp, tcp, udp

HANDSHAKE = (
    tcp(CLIENT, SYN, seq=4_294_967_290),
    tcp(SERVER, SYN | ACK, seq=7, ack=4_294_967_291),
    tcp(CLIENT, ACK, seq=4_294_967_291, ack=8),
)


def places(*packets: bytes, flows: Flows | None = None) -> list[Place]:
    flows = flows or Flows()
    found = []
    for data in packets:
        is_client = data[12:16] == CLIENT
        hosts = ("client", "server") if is_client else ("server", "client")
        found.append(flows.place(parse(data), *hosts))
    return found


def test_a_connection_reads_as_in_tcpdump() -> None:
    found = places(
        *HANDSHAKE,
        # The sequence number wraps within this segment.
        tcp(CLIENT, PSH | ACK, seq=4_294_967_291, ack=8, data=b"0123456789"),
        tcp(SERVER, ACK, seq=8, ack=5),
        tcp(CLIENT, FIN | ACK, seq=5, ack=8),
        tcp(SERVER, RST | ACK, seq=8, ack=6),
    )
    assert [one.label for one in found] == [
        *("SYN", "SYN-ACK", "ACK 1", "PSH-ACK 1:11 ack 1 len 10", "ACK 11"),
        *("FIN-ACK seq 11 ack 1", "RST-ACK seq 1 ack 12"),
    ]
    assert {one.connection for one in found} == {0}
    assert (found[3].first_byte, found[3].has_bytes) == (0, True)


@pytest.mark.parametrize("flags", [SYN, PSH | ACK, FIN | ACK])
def test_what_was_sent_before_is_a_retransmission(flags: int) -> None:
    data = b"abc" if flags & PSH else b""
    once = tcp(
        CLIENT, flags, seq=4_294_967_290 if flags == SYN else 4_294_967_291, ack=8, data=data
    )
    before = HANDSHAKE[:0] if flags == SYN else HANDSHAKE
    *_, first, again = places(*before, once, once)
    assert first.marks == ()
    assert again.marks == ("retransmission",)


def test_bare_acknowledgements_and_resets_are_no_retransmissions() -> None:
    ack, reset = tcp(SERVER, ACK, seq=8, ack=4_294_967_291), tcp(SERVER, RST, seq=8)
    assert [one.marks for one in places(*HANDSHAKE, ack, ack, reset, reset)[3:]] == [()] * 4


def test_a_keep_alive_and_a_window_probe_have_their_names() -> None:
    probe = tcp(CLIENT, ACK, seq=4_294_967_290, ack=8)
    assert places(*HANDSHAKE, probe)[-1].marks == ("keep-alive",)
    full = tcp(SERVER, ACK, seq=8, ack=4_294_967_291, window=0)
    *_, shut, last = places(*HANDSHAKE, full, probe)
    assert shut.label == "ACK 1 win 0"
    assert last.marks == ("window probe",)


def test_a_stream_seen_from_its_middle_begins_at_its_first_byte() -> None:
    found = places(
        tcp(CLIENT, PSH | ACK, seq=1000, ack=2000, data=b"abc"),
        tcp(SERVER, ACK, seq=2000, ack=1003),
    )
    assert [one.label for one in found] == ["PSH-ACK 1:4 ack 1 len 3", "ACK 4"]


def test_the_same_ports_again_are_another_connection() -> None:
    flows = Flows()
    found = places(*HANDSHAKE, tcp(CLIENT, SYN, seq=99), flows=flows)
    assert [one.connection for one in found] == [0, 0, 0, 1]
    assert flows.connections[1].label == "TCP client:40000 \N{EN DASH} server:21567"


def test_who_answers_did_not_begin() -> None:
    flows = Flows()
    places(HANDSHAKE[1], flows=flows)
    assert flows.connections[0].source == "client"


def test_an_icmp_error_belongs_to_what_it_is_about() -> None:
    flows = Flows()
    sent = udp(CLIENT, b"hello")
    found = places(sent, icmp(SERVER, 3, 3, sent), icmp(SERVER, 3, 1, sent), flows=flows)
    assert [one.label for one in found] == [
        *("UDP len 5", "ICMP port unreachable", "ICMP host unreachable"),
    ]
    assert [one.connection for one in found] == [0, 0, 0]


def test_no_bytes_at_all_have_a_label() -> None:
    place = Flows().place(parse(b""), "a", "b")
    assert place == Place(None, "no IP packet, 0 bytes")


def question(name: str, type_: int = 1) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return labels + struct.pack("!BHH", 0, type_, 1)


@pytest.mark.parametrize(
    ("flags", "answers", "type_", "said"),
    [
        (0x0100, 0, 1, "A? no.such"),
        (0x0100, 0, 28, "AAAA? no.such"),
        (0x8183, 0, 1, "NXDOMAIN for A no.such"),
        (0x8182, 0, 1, "SERVFAIL for A no.such"),
        (0x8180, 1, 1, "1 answer for A no.such"),
        (0x8380, 0, 1, "0 answers for A no.such, truncated"),
    ],
)
def test_dns_is_read_as_tcpdump_reads_it(flags: int, answers: int, type_: int, said: str) -> None:
    message = struct.pack("!6H", 7, flags, 1, answers, 0, 0) + question("no.such", type_)
    sent = udp(CLIENT, message, ports=(40000, 53))
    (place,) = places(sent)
    assert place.label == f"DNS {said} len {len(message)}"


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_on_port_53_have_a_label(message: bytes) -> None:
    (place,) = places(udp(CLIENT, message, ports=(40000, 53)))
    assert place.label.endswith(f"len {len(message)}")
