"""Packets are named by what they are, the same in every run."""

import pytest

from lab.evidence.packets import Seen
from lab.net.fate import Fate
from lab.net.packet import ACK, FIN, ICMP, PSH, RST, SYN, TCP, UDP, parse
from lab.sweep.positions import PacketKind, Position, kind_of, ordinal, positions
from tests.unit.lab.agent.wire_packets import icmp, ipv4, ipv6, tcp, udp

LINK = "client -> server"
SYN4, SYN6 = ipv4(TCP, tcp(SYN)), ipv6(TCP, tcp(SYN))
HELLO = ipv4(TCP, tcp(PSH | ACK, b"hello"))


def seen(data: bytes, link: str = LINK) -> Seen:
    return Seen(link, parse(data), Fate(), 0)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (SYN4, PacketKind.SYN),
        (ipv4(TCP, tcp(SYN | ACK)), PacketKind.SYN_ACK),
        (HELLO, PacketKind.DATA),
        (ipv4(TCP, tcp(FIN | ACK, b"bye")), PacketKind.DATA),
        (ipv4(TCP, tcp(FIN | ACK)), PacketKind.FIN),
        (ipv4(TCP, tcp(RST | ACK)), PacketKind.RST),
        (ipv4(TCP, tcp(ACK)), PacketKind.ACK),
        (ipv4(UDP, udp(b"x")), PacketKind.DATAGRAM),
        (ipv4(ICMP, icmp(3, 1)), PacketKind.ICMP),
        (ipv4(132, bytes(20)), None),
    ],
)
def test_what_a_packet_is(data: bytes, kind: PacketKind | None) -> None:
    assert kind_of(parse(data)) is kind


def test_each_is_counted_on_its_link_by_its_kind_and_acks_come_last() -> None:
    ack = ipv4(TCP, tcp(ACK))
    run = [seen(SYN6), seen(SYN4), seen(ack), seen(HELLO), seen(HELLO), seen(HELLO, "other -> x")]
    found = positions([run, run])
    assert [one.identity for one in found] == [
        (LINK, 6, PacketKind.SYN, 1),
        (LINK, 4, PacketKind.SYN, 1),
        (LINK, 4, PacketKind.DATA, 1),
        (LINK, 4, PacketKind.DATA, 2),
        ("other -> x", 4, PacketKind.DATA, 1),
        (LINK, 4, PacketKind.ACK, 1),
    ]
    assert all(one.is_stable for one in found)


def test_what_is_not_in_all_runs_or_not_the_same_is_not_stable() -> None:
    other = ipv4(TCP, tcp(PSH | ACK, b"other"))
    found = positions([[seen(HELLO)], [seen(other), seen(other)], [seen(HELLO)]])
    assert [(one.number, one.is_stable) for one in found] == [(1, False), (2, False)]


def test_what_is_on_no_link_is_left_out() -> None:
    assert positions([[seen(SYN4, "")]]) == []


def test_a_name_has_the_beginning_of_the_payload() -> None:
    name = Position(LINK, 4, PacketKind.DATA, 2, b"hello", 5).text
    assert name == "2nd data segment of client -> server (5 bytes: 'hello')"
    long = Position(LINK, 6, PacketKind.DATAGRAM, 1, b"\x00\xff", 900).text
    assert long == r"1st datagram of client -> server (IPv6) (900 bytes: '\x00\xff'...)"
    assert Position(LINK, 4, PacketKind.SYN, 1).text == "1st SYN of client -> server"


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (21, "21st")],
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text
