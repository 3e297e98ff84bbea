"""Reading packets: every layout once by hand, and any bytes at all."""

from struct import pack
from typing import Any

import pytest
from hypothesis import given
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6

from lab.net.packet import ACK, FIN, ICMP, ICMPV6, PSH, RST, SYN, TCP, UDP, Packet, parse
from tests.unit.lab.agent.wire_packets import (
    CLIENT4,
    CLIENT6,
    MORE_FRAGMENTS,
    PLAIN,
    SERVER4,
    SERVER6,
    any_bytes,
    fragment_header,
    icmp,
    ipv4,
    ipv6,
    tcp,
    udp,
)

PORTS = {"source_port": 40312, "destination_port": 21567}
NO_PORTS = {"source_port": None, "destination_port": None}
OPTIONS = pack("!BB", TCP, 0) + bytes(6)  # hop-by-hop or destination options, before TCP

CASES = {
    "nothing": (b"", {"version": 0, "protocol": None, "source": b"", "length": 0, "payload_at": 0}),
    "no IP": (b"\x10" * 60, {"version": 0, "protocol": None, "destination": b"", "length": 60}),
    "IPv4 SYN": (
        ipv4(TCP, tcp(SYN)),
        {
            **{"version": 4, "protocol": TCP, "source": CLIENT4, "destination": SERVER4, **PORTS},
            **{"flags": SYN, "sequence": 1234, "acknowledgment": 0, "fragment": "", "length": 40},
            **{"icmp_type": None, "icmp_code": None, "transport_at": 20, "payload_at": 40},
        },
    ),
    "IPv4 TCP with options in both headers": (
        ipv4(TCP, tcp(PSH | ACK, b"hello", acknowledgment=7, options=bytes(12)), options=bytes(8)),
        {
            **{"flags": PSH | ACK, "acknowledgment": 7, "transport_at": 28, "payload_at": 60},
            **{"length": 65, "payload_length": 5, **PORTS},
        },
    ),
    "IPv6 RST": (
        ipv6(TCP, tcp(RST, sequence=2**32 - 1)),
        {
            **{"version": 6, "protocol": TCP, "source": CLIENT6, "destination": SERVER6, **PORTS},
            **{"flags": RST, "sequence": 2**32 - 1, "transport_at": 40, "payload_at": 60},
        },
    ),
    "IPv4 UDP": (ipv4(UDP, udp(b"hello")), {"protocol": UDP, "payload_length": 5, **PORTS}),
    "IPv6 UDP": (ipv6(UDP, udp()), {"payload_at": 48, "payload_length": 0, "flags": 0, **PORTS}),
    "ICMP": (ipv4(ICMP, icmp(3, 1)), {"icmp_type": 3, "icmp_code": 1, "payload_at": 28}),
    "ICMPv6": (ipv6(ICMPV6, icmp(1, 4)), {"icmp_type": 1, "icmp_code": 4, **NO_PORTS}),
    "ICMPv6 over IPv4 is unknown": (ipv4(ICMPV6, icmp(1)), {"icmp_type": None, "payload_at": 20}),
    "unknown transport": (ipv4(132, b"sctp"), {"protocol": 132, "payload_length": 4, **NO_PORTS}),
    "IPv4 first fragment": (
        ipv4(UDP, udp(b"12345678"), fragment=MORE_FRAGMENTS),
        {"fragment": "first", "payload_length": 8, **PORTS},
    ),
    "IPv4 middle fragment": (
        ipv4(UDP, udp(b"12345678"), fragment=MORE_FRAGMENTS | 2),
        {"fragment": "later", "protocol": UDP, "transport_at": 20, "payload_at": 20, **NO_PORTS},
    ),
    "IPv4 last fragment": (ipv4(TCP, tcp(SYN), fragment=9), {"fragment": "later", "flags": 0}),
    "hop-by-hop": (
        ipv6(0, OPTIONS + tcp(FIN)),
        {"protocol": TCP, "transport_at": 48, "flags": FIN},
    ),
    "destination options": (ipv6(60, OPTIONS + tcp(FIN)), {"transport_at": 48, **PORTS}),
    "routing": (ipv6(43, OPTIONS + tcp(FIN)), {"transport_at": 48, **PORTS}),
    "AH is the transport, as nftables has it": (
        ipv6(51, pack("!BB", TCP, 4) + bytes(22) + tcp(SYN)),
        {"protocol": 51, "transport_at": 40, **NO_PORTS},
    ),
    "IPv6 first fragment": (
        ipv6(44, fragment_header(UDP, 0, more=True) + udp(b"x")),
        {"fragment": "first", "protocol": UDP, "transport_at": 48, **PORTS},
    ),
    "IPv6 later fragment": (
        ipv6(44, fragment_header(UDP, 8, more=True) + udp(b"x")),
        {"fragment": "later", "protocol": UDP, "payload_at": 48, **NO_PORTS},
    ),
    "IPv6 later fragment of a chain": (
        ipv6(44, fragment_header(60, 8, more=False) + udp(b"x")),
        {"fragment": "later", "protocol": None, "payload_at": 48},
    ),
    "IPv6 atomic fragment is whole (RFC 6946)": (
        ipv6(44, fragment_header(UDP, 0, more=False) + udp(b"x")),
        {"fragment": "", "protocol": UDP, **PORTS},
    ),
    "sixteen extension headers": (
        ipv6(0, (pack("!BB", 60, 0) + bytes(6)) * 15 + OPTIONS + tcp(SYN)),
        {"protocol": TCP, "transport_at": 40 + 16 * 8, "flags": SYN},
    ),
    "seventeen extension headers": (
        ipv6(0, (pack("!BB", 60, 0) + bytes(6)) * 16 + OPTIONS + tcp(SYN)),
        {"protocol": None, "transport_at": 40, "payload_at": 40, "flags": 0},
    ),
    "extension header longer than the packet": (
        ipv6(0, pack("!BB", TCP, 9) + bytes(6) + tcp(SYN)),
        {"protocol": None, "payload_at": 40, "length": 68, **NO_PORTS},
    ),
    "bytes after the packet": (
        ipv4(UDP, udp(b"hello") + bytes(9), length=33),
        {"length": 33, "payload_length": 5},
    ),
    "fewer bytes than the header says": (
        ipv4(TCP, tcp(ACK, b"hello"), length=1500),
        {"length": 45, "payload_length": 5},
    ),
    "IPv4 header longer than the packet": (b"\x4f" + ipv4(6, tcp(SYN))[1:], {"version": 0}),
    "IPv4 header of 16 bytes": (b"\x44" + ipv4(6, tcp(SYN))[1:], {"version": 0, "protocol": None}),
    "IPv4 total length below its header": (ipv4(6, tcp(SYN), length=19), {"version": 0}),
    "only the ports are there": (
        ipv4(TCP, tcp(SYN)[:19]),
        {"flags": 0, "transport_at": 20, "payload_at": 20, "payload_length": 19, **PORTS},
    ),
    "not even the ports": (ipv6(UDP, b"123"), {"protocol": UDP, "payload_length": 3, **NO_PORTS}),
    "cut ICMP": (ipv4(ICMP, b"\x03\x01\0\0"), {"icmp_type": None, "payload_length": 4}),
    "TCP data offset too small": (ipv4(TCP, tcp(SYN, b"hello", offset=4)), {"payload_at": 40}),
    "TCP data offset too large": (
        ipv4(TCP, tcp(SYN, b"hello", offset=15)),
        {"payload_at": 45, "payload_length": 0},
    ),
}

SUMMARIES = {
    ipv4(TCP, tcp(SYN)): "198.18.1.2:40312 > 198.18.1.3:21567 SYN seq 1234",
    ipv4(TCP, tcp(PSH | ACK, b"hello", acknowledgment=7)): (
        "198.18.1.2:40312 > 198.18.1.3:21567 PSH ACK seq 1234 ack 7 len 5"
    ),
    ipv6(UDP, udp()): "[fd00::2]:40312 > [fd00::3]:21567 UDP len 0",
    ipv4(UDP, b"12345678", fragment=2): "198.18.1.2 > 198.18.1.3 UDP later fragment len 8",
    ipv6(ICMPV6, icmp(2)): "fd00::2 > fd00::3 ICMPv6 packet too big (type 2 code 0)",
    ipv4(ICMP, icmp(77, 1)): "198.18.1.2 > 198.18.1.3 ICMP type 77 code 1",
    ipv4(132, b"sctp"): "198.18.1.2 > 198.18.1.3 protocol 132 len 4",
    ipv6(0, b""): "fd00::2 > fd00::3 unknown protocol",
    ipv4(TCP, tcp(SYN)[:9]): "198.18.1.2:40312 > 198.18.1.3:21567 TCP len 9",
    b"junk": "no IP packet, 4 bytes",
}


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_packet_is_read(data: bytes, expected: dict[str, Any]) -> None:
    packet = parse(data)
    assert {name: getattr(packet, name) for name in expected} == expected


@pytest.mark.parametrize(("data", "expected"), SUMMARIES.items())
def test_summary_reads_like_tcpdump(data: bytes, expected: str) -> None:
    assert parse(data).summary() == expected


@pytest.mark.parametrize("data", PLAIN)
def test_scapy_reads_the_same(data: bytes) -> None:
    ours = parse(data)
    theirs = IP(data) if ours.version == 4 else IPv6(data)
    last = theirs.lastlayer()
    while not hasattr(last, "sport") and last.underlayer is not None:
        last = last.underlayer
    assert ours.source_port == getattr(last, "sport", None)
    assert ours.destination_port == getattr(last, "dport", None)
    assert ours.flags == int(getattr(last, "flags", 0)) * (ours.protocol == TCP)


def test_a_packet_takes_no_attribute_of_its_own() -> None:
    with pytest.raises(AttributeError):
        parse(b"").__setattr__("colour", "red")


@given(any_bytes())
def test_any_bytes_are_read(data: bytes) -> None:
    packet = parse(data)
    assert packet.data == data
    assert 0 <= packet.transport_at <= packet.payload_at <= packet.length <= len(data)
    assert packet.payload_length >= 0
    assert [len(packet.source), len(packet.destination)] == [
        {0: 0, 4: 4, 6: 16}[packet.version]
    ] * 2
    for name in Packet.__slots__:
        getattr(packet, name)  # all are set
    assert packet.summary()
