"""Crafted packets, judged by scapy and the RFCs; tests/integration has the kernel judge them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP as SCAPY_ICMP
from scapy.layers.inet import IP
from scapy.layers.inet6 import ICMPv6PacketTooBig, ICMPv6ParamProblem, IPv6

from lab.net import craft
from lab.net.checksum import is_right
from lab.net.packet import ACK, FIN, ICMP, ICMPV6, PSH, RST, SYN, TCP, UDP, Packet, parse
from tests.unit.lab.agent.wire_packets import (
    CLIENT4,
    MORE_FRAGMENTS,
    SERVER4,
    any_bytes,
    fragment_header,
    icmp,
    ipv4,
    ipv6,
    tcp,
    udp,
)

TYPES = {
    "net-unreachable": ((3, 0), (1, 0)),
    "host-unreachable": ((3, 1), (1, 3)),
    "protocol-unreachable": ((3, 2), (4, 1)),
    "port-unreachable": ((3, 3), (1, 4)),
    "fragmentation-needed": ((3, 4), (2, 0)),
    "net-prohibited": ((3, 9), (1, 1)),
    "host-prohibited": ((3, 10), (1, 1)),
    "admin-prohibited": ((3, 13), (1, 1)),
    "time-exceeded": ((11, 0), (3, 0)),
}
# A segment, and the sequence number, the acknowledgment and the flags of the RST to its sender.
ANSWERS = {
    "SYN": (tcp(SYN, sequence=100), (0, 101, RST | ACK)),
    "SYN with data": (tcp(SYN, b"hello", sequence=100), (0, 106, RST | ACK)),
    "SYN at the end of the numbers": (tcp(SYN, sequence=2**32 - 1), (0, 0, RST | ACK)),
    "FIN without ACK": (tcp(FIN, b"x", sequence=5), (0, 7, RST | ACK)),
    "SYN ACK": (tcp(SYN | ACK, acknowledgment=77), (77, 0, RST)),
    "data": (tcp(PSH | ACK, b"hello", sequence=9, acknowledgment=78), (78, 0, RST)),
}
FORBIDDEN = {
    "no IP": b"junk",
    "an ICMP error": ipv4(ICMP, icmp(3, 1, bytes(40))),
    "an ICMP redirect": ipv4(ICMP, icmp(5, 1, bytes(40))),
    "an ICMP message whose type is cut": ipv4(ICMP, b""),
    "an ICMPv6 error": ipv6(ICMPV6, icmp(1, 4, bytes(48))),
    "an ICMPv6 redirect": ipv6(ICMPV6, icmp(137)),
    "a later fragment": ipv4(UDP, b"rest", fragment=1),
    "a later IPv6 fragment": ipv6(44, fragment_header(UDP, 8, more=False) + b"rest"),
    "to a group": ipv4(UDP, udp(), destination=bytes([224, 0, 0, 1])),
    "to everybody": ipv4(UDP, udp(), destination=b"\xff" * 4),
    "to an IPv6 group": ipv6(UDP, udp(), destination=b"\xff\x02" + bytes(13) + b"\x01"),
    "from a group": ipv4(UDP, udp(), source=bytes([224, 0, 0, 1])),
    "from nobody": ipv4(UDP, udp(), source=bytes(4)),
    "from nobody over IPv6": ipv6(UDP, udp(), source=bytes(16)),
    "an IPv6 chain cut before its transport": ipv6(0, b"\x3a"),
}


def read(data: bytes | None) -> Packet:
    """Read a crafted packet, which must be there, whole and right."""
    assert data is not None
    packet = parse(data)
    assert is_right(packet)
    assert packet.length == len(data)
    return packet


def over(version: int, protocol: int, payload: bytes) -> bytes:
    return ipv4(protocol, payload) if version == 4 else ipv6(protocol, payload)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(
    ("segment", "flags", "acknowledgment"),
    [
        (tcp(PSH | ACK, b"hello", acknowledgment=7), RST | ACK, 7),
        (tcp(SYN | ACK, acknowledgment=7, options=bytes(12)), RST | ACK, 7),
        (tcp(SYN), RST, 0),
    ],
)
def test_reset_to_receiver_stands_in_the_segments_place(
    version: int, segment: bytes, flags: int, acknowledgment: int
) -> None:
    replaced = parse(over(version, TCP, segment))
    reset = read(craft.reset_to_receiver(replaced))
    for name in ("source", "destination", "source_port", "destination_port", "sequence"):
        assert getattr(reset, name) == getattr(replaced, name)
    assert (reset.flags, reset.acknowledgment, reset.payload_length) == (flags, acknowledgment, 0)
    if version == 4:
        theirs = IP(reset.data)
        assert (theirs.ttl, theirs.id, theirs.tos, theirs.len) == (63, 4321, 0x10, 40)
    else:
        their6 = IPv6(reset.data)
        assert (their6.hlim, their6.tc, their6.fl, their6.plen) == (63, 0x12, 0xABCDE, 20)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("segment", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_reset_to_sender_is_the_receivers(
    version: int, segment: bytes, expected: tuple[int, int, int]
) -> None:
    answered = parse(over(version, TCP, segment))
    reset = read(craft.reset_to_sender(answered))
    assert (reset.source, reset.destination) == (answered.destination, answered.source)
    assert (reset.source_port, reset.destination_port) == (21567, 40312)
    assert (reset.sequence, reset.acknowledgment, reset.flags) == expected


@pytest.mark.parametrize(
    "data", [b"", ipv4(UDP, udp()), ipv4(TCP, tcp(SYN)[:19]), ipv4(TCP, tcp(ACK), fragment=5)]
)
def test_no_reset_without_a_tcp_header(data: bytes) -> None:
    assert craft.reset_to_receiver(parse(data)) is None
    assert craft.reset_to_sender(parse(data)) is None


def test_a_reset_is_not_answered() -> None:
    assert craft.reset_to_sender(parse(ipv4(TCP, tcp(RST | ACK)))) is None


def test_reasons_are_all_in_the_table() -> None:
    assert set(craft.REASONS) == set(TYPES)
    with pytest.raises(KeyError, match="sunspots"):
        craft.icmp_error(parse(b""), "sunspots")


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("reason", craft.REASONS)
def test_icmp_error_goes_back_and_quotes(version: int, reason: str) -> None:
    about = parse(over(version, UDP, udp(b"hello")))
    error = read(craft.icmp_error(about, reason))
    assert (error.source, error.destination) == (about.destination, about.source)
    assert (error.icmp_type, error.icmp_code) == TYPES[reason][version == 6]
    assert error.data[error.payload_at :] == about.data


@pytest.mark.parametrize(("version", "most"), [(4, 576), (6, 1280)])
def test_icmp_error_quotes_no_more_than_it_may(version: int, most: int) -> None:
    about = parse(over(version, UDP, udp(b"x" * 1400)))
    error = read(craft.icmp_error(about, "port-unreachable"))
    assert error.length == most
    assert about.data.startswith(error.data[error.payload_at :])


def test_icmp_error_does_not_quote_what_follows_the_packet() -> None:
    about = parse(ipv4(UDP, udp(b"hello") + b"trailer", length=33))
    error = read(craft.icmp_error(about, "port-unreachable"))
    assert error.data[error.payload_at :] == about.data[:33]


@pytest.mark.parametrize(
    ("mtu_bytes", "over4", "over6"), [(1280, 1280, 1280), (70000, 65535, 70000)]
)
def test_next_hops_mtu_is_told(mtu_bytes: int, over4: int, over6: int) -> None:
    about4, about6 = parse(ipv4(TCP, tcp(ACK))), parse(ipv6(TCP, tcp(ACK)))
    reason = "fragmentation-needed"
    in4 = IP(read(craft.icmp_error(about4, reason, mtu_bytes=mtu_bytes)).data)
    assert in4[SCAPY_ICMP].nexthopmtu == over4
    in6 = IPv6(read(craft.icmp_error(about6, reason, mtu_bytes=mtu_bytes)).data)
    assert in6[ICMPv6PacketTooBig].mtu == over6


@pytest.mark.parametrize(
    ("data", "pointer"), [(ipv6(99, b"?"), 6), (ipv6(60, b"\x63" + bytes(7) + b"?"), 40)]
)
def test_unknown_protocol_is_pointed_at_over_ipv6(data: bytes, pointer: int) -> None:
    error = IPv6(read(craft.icmp_error(parse(data), "protocol-unreachable")).data)
    assert error[ICMPv6ParamProblem].ptr == pointer
    assert data[pointer] == 99


@pytest.mark.parametrize("data", FORBIDDEN.values(), ids=FORBIDDEN)
def test_no_icmp_error_where_it_is_forbidden(data: bytes) -> None:
    assert craft.icmp_error(parse(data), "port-unreachable") is None


@pytest.mark.parametrize(
    "data",
    [
        ipv4(ICMP, icmp(8)),
        ipv6(ICMPV6, icmp(128)),
        ipv4(UDP, udp(b"12345678"), fragment=MORE_FRAGMENTS),
        ipv4(UDP, udp(), source=bytes([127, 0, 0, 1]), destination=bytes([127, 0, 0, 1])),
        ipv4(TCP, tcp(SYN), source=SERVER4, destination=CLIENT4),
    ],
)
def test_icmp_error_where_it_is_allowed(data: bytes) -> None:
    read(craft.icmp_error(parse(data), "host-unreachable"))


@given(any_bytes(), st.sampled_from(craft.REASONS), st.integers(-1, 2**40))
def test_whatever_comes_what_is_made_is_right(data: bytes, reason: str, mtu_bytes: int) -> None:
    packet = parse(data)
    for made in (
        craft.reset_to_receiver(packet),
        craft.reset_to_sender(packet),
        craft.icmp_error(packet, reason, mtu_bytes=mtu_bytes),
    ):
        if made is not None:
            read(made)
