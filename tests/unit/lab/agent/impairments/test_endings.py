"""drop, reject, reset and mtu: what is lost, what is answered, and what they leave alone."""

import pytest

from lab.agent.wire.fault import Fault
from lab.agent.wire.impairments import reset
from lab.agent.wire.transit import Transit
from lab.net import checksum, craft
from lab.net.packet import ACK, FIN, ICMP, ICMPV6, RST, SYN, TCP, UDP, Packet, parse
from lab.net.parameters import ParameterError
from tests.unit.lab.agent.wire_faults import fault, segment, transit
from tests.unit.lab.agent.wire_packets import (
    CLIENT4,
    MORE_FRAGMENTS,
    PORTS,
    SERVER4,
    icmp,
    ipv4,
    ipv6,
    tcp,
    udp,
)

DATA = parse(ipv4(TCP, tcp(ACK, b"hello", sequence=100, acknowledgment=7)))
DATAGRAM = parse(ipv4(UDP, udp(b"hello")))
DATAGRAM6 = parse(ipv6(UDP, udp(b"hello")))


def met(one: Fault, packet: Packet) -> Transit:
    found = transit(packet)
    one.meet(found)
    return found


def test_drop_tells_nobody() -> None:
    found = met(fault("drop"), DATA)
    assert (found.lost, found.replies, found.data) == (True, [], None)


# reject


@pytest.mark.parametrize("reason", craft.REASONS)
@pytest.mark.parametrize("packet", [DATAGRAM, DATAGRAM6], ids=["IPv4", "IPv6"])
def test_reject_answers_with_the_error(reason: str, packet: Packet) -> None:
    found = met(fault("reject", reason=reason), packet)
    assert found.lost
    assert [note for _, note in found.actions] == [("rejected", reason)]
    assert found.replies == [craft.icmp_error(packet, reason)]


def test_reject_says_port_unreachable_by_itself() -> None:
    (answer,) = met(fault("reject"), DATAGRAM).replies
    assert (parse(answer).icmp_type, parse(answer).icmp_code) == (3, 3)
    assert parse(answer).destination == CLIENT4


def test_reject_with_a_reset_is_about_tcp_alone() -> None:
    one = fault("reject", reason="tcp-reset")
    found = met(one, segment(SYN))
    assert found.lost
    assert [parse(answer).flags for answer in found.replies] == [RST | ACK]
    untouched = met(one, DATAGRAM)
    assert (untouched.lost, untouched.actions, one.matched_packets) == (False, [], 1)


def test_what_may_not_be_answered_is_dropped_and_said_to_be() -> None:
    unreachable = parse(ipv4(ICMP, icmp(3, 3)))
    found = met(fault("reject"), unreachable)
    assert (found.lost, found.replies) == (True, [])
    assert found.actions[0][1] == ("dropped", "it may not be answered")


# reset

NEXT = {"sequence": 105, "acknowledgment": 0}


@pytest.mark.parametrize("to", ["receiver", "sender", "both"])
def test_reset_tells_those_it_is_to_tell(to: str) -> None:
    found = met(fault("reset", to=to), DATA)
    assert found.lost == (to == "sender")
    if to != "sender":
        assert found.data is not None
        there = parse(found.data)
        assert (there.flags & RST, there.sequence) == (RST, 100)
        assert (there.source, there.destination) == (CLIENT4, SERVER4)
    if to != "receiver":
        (back,) = map(parse, found.replies)
        assert (back.flags & RST, back.sequence) == (RST, 7)
        assert (back.source, back.destination) == (SERVER4, CLIENT4)
    assert len(found.replies) == (to != "receiver")


def test_reset_of_a_syn_is_a_refused_connection() -> None:
    for to in ("sender", "both"):
        found = met(fault("reset", to=to), segment(SYN, sequence=9))
        assert (found.lost, found.data) == (True, None)
        (back,) = map(parse, found.replies)
        assert (back.flags, back.acknowledgment) == (RST | ACK, 10)


def test_reset_of_a_syn_ack_reaches_the_client_that_waits_for_it() -> None:
    found = met(fault("reset", to="receiver"), segment(SYN | ACK))
    assert not found.lost
    assert found.data is not None
    assert parse(found.data).flags == RST | ACK


@pytest.mark.parametrize(
    ("before", "last", "due"),
    [
        ([(100, 5)], (105, 5), 105),  # the next
        ([(100, 5), (105, 5)], (105, 5), 110),  # the last one, sent again as a probe
        ([(100, 5), (105, 5)], (109, 0), 110),  # a keepalive
        ([(100, 5)], (110, 5), 105),  # one that comes before what is missing
        ([(2**32 - 5, 10)], (2**32 - 5, 10), 5),  # round the end of the numbers
        ([(100, 5)], (105, 0), 105),
    ],
)
def test_reset_to_the_receiver_has_the_number_that_is_due(
    before: list[tuple[int, int]], last: tuple[int, int], due: int
) -> None:
    one = fault("reset", to="receiver", nth=len(before) + 1)
    *passed, found = (met(one, segment(ACK, bytes(n), sequence=at)) for at, n in [*before, last])
    assert all(other.data is None for other in passed)
    assert found.data is not None
    assert parse(found.data).sequence == due


def test_another_connection_between_the_same_ports_has_numbers_of_its_own() -> None:
    one = fault("reset", to="receiver", nth=3)
    for packet in (segment(ACK, b"old", sequence=5_000), segment(SYN, sequence=99)):
        assert met(one, packet).data is None
    assert met(one, segment(ACK, b"new", sequence=100)).data is None
    found = met(one, segment(ACK, b"newer", sequence=103))
    assert found.data is not None
    assert parse(found.data).sequence == 103


@pytest.mark.parametrize(
    ("to", "packet"),
    [
        ("receiver", segment(SYN)),  # its receiver has no connection yet
        *((to, segment(RST)) for to in ("receiver", "sender", "both")),
        *((to, segment(RST | ACK)) for to in ("receiver", "sender", "both")),
        ("both", DATAGRAM),
        ("both", parse(ipv4(TCP, tcp(ACK)[:10]))),
        ("both", parse(ipv4(TCP, tcp(FIN), fragment=MORE_FRAGMENTS | 5))),
    ],
)
def test_what_cannot_be_reset_is_left_alone_and_not_counted(to: str, packet: Packet) -> None:
    one = fault("reset", to=to)
    found = met(one, packet)
    assert (found.lost, found.data, found.replies, found.actions) == (False, None, [], [])
    assert (one.matched_packets, one.acted_packets) == (0, 0)


def ack(number: int, flags: int = ACK, *, port: int = PORTS[0]) -> Packet:
    header = tcp(flags, acknowledgment=number, ports=(port, PORTS[1]))
    return parse(ipv4(TCP, header))


@pytest.mark.parametrize("to", ["sender", "both"])
def test_what_comes_after_a_reset_is_lost_and_answered_until_another_syn(to: str) -> None:
    one = fault("reset", to=to, nth=2, tcp="ack")
    assert not met(one, ack(10)).lost
    assert met(one, ack(20)).replies
    for number, flags in ((30, ACK), (40, ACK | FIN)):
        found = met(one, ack(number, flags))
        assert found.lost
        (answer,) = map(parse, found.replies)
        assert (answer.flags, answer.sequence) == (RST, number)  # what it waits for by now
        assert found.actions == [(one, ("dropped", "its connection has been reset"))]
    assert not met(one, ack(30, port=99)).lost
    assert not met(one, ack(0, SYN)).lost
    assert not met(one, ack(50)).lost
    assert (one.matched_packets, one.acted_packets) == (4, 1)


def test_after_a_reset_the_senders_own_end_of_the_connection_passes() -> None:
    one = fault("reset", first=1)
    met(one, ack(10))
    assert not met(one, ack(20, RST)).lost
    assert not met(one, ack(30)).lost


def test_after_a_reset_of_the_receiver_its_kernel_answers_the_sender() -> None:
    one = fault("reset", first=1, to="receiver")
    met(one, ack(10))
    assert not met(one, ack(20)).lost


def test_a_reset_forgets_the_oldest_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reset, "MOST_FLOWS", 2)
    one = fault("reset", to="sender", first=3)
    for port in (1, 2, 3):
        met(one, ack(10, port=port))
    assert [met(one, ack(20, port=port)).lost for port in (1, 2, 3)] == [False, True, True]


# mtu


def big(size: int, *, dont_fragment: bool = True) -> Packet:
    fragment = 0x4000 if dont_fragment else 0
    return parse(ipv4(UDP, udp(bytes(size - 28)), fragment=fragment))


def test_mtu_is_a_black_hole_for_what_is_longer() -> None:
    one = fault("mtu", mtu_bytes=600)
    for packet in (big(600), big(600, dont_fragment=False)):
        assert not met(one, packet).lost
    for packet in (big(601), big(601, dont_fragment=False), parse(ipv6(UDP, udp(bytes(600))))):
        found = met(one, packet)
        assert (found.lost, found.replies) == (True, [])
        assert found.actions[0][1] == ("dropped", "longer than 600")
    assert one.matched_packets == 3


def test_mtu_with_icmp_says_how_much_there_is_room_for() -> None:
    one = fault("mtu", mtu_bytes=1300, icmp=True)
    (answer,) = met(one, big(1301)).replies
    assert (parse(answer).protocol, parse(answer).icmp_type, parse(answer).icmp_code) == (
        ICMP,
        3,
        4,
    )
    assert int.from_bytes(answer[26:28], "big") == 1300  # RFC 1191, 4
    (answer,) = met(one, parse(ipv6(UDP, udp(bytes(1300))))).replies
    assert (parse(answer).protocol, parse(answer).icmp_type) == (ICMPV6, 2)
    assert int.from_bytes(answer[44:48], "big") == 1300  # RFC 4443, 3.2
    assert checksum.is_right(parse(answer))


def test_mtu_with_icmp_lets_by_what_may_be_fragmented() -> None:
    one = fault("mtu", mtu_bytes=600, icmp=True)
    found = met(one, big(1400, dont_fragment=False))
    assert (found.lost, found.replies, one.matched_packets) == (False, [], 0)


def test_mtu_loses_without_a_word_what_may_not_be_answered() -> None:
    unreachable = parse(ipv4(ICMP, icmp(3, 3, bytes(700))))
    found = met(fault("mtu", mtu_bytes=600, icmp=True), unreachable)
    assert (found.lost, found.replies) == (True, [])
    assert found.actions[0][1] == ("dropped", "longer than 600")


def test_every_link_carries_68_bytes() -> None:
    assert Fault("mtu", {"mtu_bytes": 68})
    with pytest.raises(
        ParameterError, match=r"^mtu: mtu_bytes 67: must be a whole number from 68 "
    ):
        Fault("mtu", {"mtu_bytes": 67})
    with pytest.raises(ParameterError, match=r"^mtu: mtu_bytes: must be given"):
        Fault("mtu", {})


def test_every_link_of_ipv6_carries_1280_bytes_so_none_says_less() -> None:
    one = fault("mtu", mtu_bytes=1279, icmp=True)
    assert met(one, big(1300)).lost
    assert not met(one, parse(ipv6(UDP, udp(bytes(1300))))).lost
    assert one.matched_packets == 1
