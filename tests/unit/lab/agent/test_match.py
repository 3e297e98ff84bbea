"""Matches: each parameter against one packet of every kind, and the contradictions."""

from typing import Any

import pytest

from lab.agent.wire import match
from lab.agent.wire.fault import Fault
from lab.agent.wire.match import Match
from lab.net.packet import ACK, FIN, ICMP, ICMPV6, PSH, RST, SYN, TCP, UDP, parse
from lab.net.parameters import ParameterError, checked
from tests.unit.lab.agent.wire_packets import (
    MORE_FRAGMENTS,
    fragment_header,
    icmp,
    ipv4,
    ipv6,
    tcp,
    udp,
)

PACKETS = {
    "syn": ipv4(TCP, tcp(SYN)),
    "syn with data": ipv4(TCP, tcp(SYN, b"fast")),
    "syn-ack": ipv4(TCP, tcp(SYN | ACK)),
    "ack": ipv4(TCP, tcp(ACK)),
    "data": ipv4(TCP, tcp(PSH | ACK, b"x" * 1000)),
    "fin": ipv4(TCP, tcp(FIN | ACK)),
    "fin with data": ipv4(TCP, tcp(FIN | PSH | ACK, b"bye")),
    "rst": ipv4(TCP, tcp(RST)),
    "rst-ack": ipv4(TCP, tcp(RST | ACK)),
    "back": ipv4(TCP, tcp(ACK, ports=(21567, 40312))),
    "syn 6": ipv6(TCP, tcp(SYN)),
    "udp": ipv4(UDP, udp(b"hello")),
    "udp empty": ipv4(UDP, udp()),
    "udp 6": ipv6(UDP, udp(b"hello", ports=(53, 53))),
    "udp first": ipv4(UDP, udp(b"12345678"), fragment=MORE_FRAGMENTS),
    "udp later": ipv4(UDP, b"rest", fragment=2),
    "udp later 6": ipv6(44, fragment_header(UDP, 8, more=False) + b"rest"),
    "tcp later": ipv4(TCP, tcp(SYN), fragment=2),
    "icmp later": ipv4(ICMP, bytes(20), fragment=2),
    "ping": ipv4(ICMP, icmp(8)),
    "pong": ipv4(ICMP, icmp(0)),
    "unreachable": ipv4(ICMP, icmp(3, 3)),
    "redirect": ipv4(ICMP, icmp(5)),
    "expired": ipv4(ICMP, icmp(11)),
    "ping cut": ipv4(ICMP, icmp(8)[:6]),
    "ping 6": ipv6(ICMPV6, icmp(128)),
    "pong 6": ipv6(ICMPV6, icmp(129)),
    "unreachable 6": ipv6(ICMPV6, icmp(1, 4)),
    "too big 6": ipv6(ICMPV6, icmp(2)),
    "icmp in ipv6": ipv6(ICMP, icmp(8)),
    "icmpv6 in ipv4": ipv4(ICMPV6, icmp(135)),
    "sctp": ipv4(132, b"chunk"),
    "router solicitation": ipv6(ICMPV6, icmp(133)),
    "solicitation": ipv6(ICMPV6, icmp(135)),
    "solicitation cut": ipv6(ICMPV6, icmp(135)[:1]),
    "advertisement": ipv6(ICMPV6, icmp(136)),
    "redirect 6": ipv6(ICMPV6, icmp(137)),
    "listener query": ipv6(ICMPV6, icmp(130)),
    "listener report": ipv6(0, bytes([ICMPV6, 0, 5, 2, 0, 0, 1, 0]) + icmp(143)),
}
# What the link needs, and a match may mean only by its ICMP type.
NEIGHBOURS = {
    *("listener query", "listener report"),
    *("router solicitation", "solicitation", "solicitation cut", "advertisement", "redirect 6"),
}
TCPS = {
    *("syn", "syn with data", "syn-ack", "ack", "data", "fin", "fin with data", "rst", "rst-ack"),
    *("back", "syn 6", "tcp later"),
}
UDPS = {"udp", "udp empty", "udp 6", "udp first", "udp later", "udp later 6"}
ICMPS = {
    *("icmp later", "ping", "pong", "unreachable", "redirect", "expired", "ping cut"),
    *("ping 6", "pong 6", "unreachable 6", "too big 6"),
}
LATER = {"udp later", "udp later 6", "tcp later", "icmp later"}
FRAGMENTS = {"udp first", *LATER}
OVER_IPV6 = {name for name, data in PACKETS.items() if data[0] >> 4 == 6}
ALL = set(PACKETS) - NEIGHBOURS  # that a match may mean which does not name them
OUR_PORTS = {*TCPS, *UDPS} - LATER - {"back", "udp 6"}

CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, ALL),
    ({"ip_version": 4}, ALL - OVER_IPV6),
    ({"ip_version": 6}, ALL & OVER_IPV6),
    ({"protocol": "tcp"}, TCPS),
    ({"protocol": "udp"}, UDPS),
    ({"protocol": "icmp"}, ICMPS),
    ({"protocol": "icmp", "ip_version": 6}, ICMPS & OVER_IPV6),
    ({"port": 21567}, OUR_PORTS | {"back"}),
    ({"port": 53}, {"udp 6"}),
    ({"port": 0}, set()),
    ({"source_port": 40312}, OUR_PORTS),
    ({"source_port": 21567}, {"back"}),
    ({"destination_port": 21567}, OUR_PORTS),
    ({"destination_port": 21567, "protocol": "udp"}, OUR_PORTS & UDPS),
    ({"port": 21567, "source_port": 40312}, OUR_PORTS),
    ({"port": 40312, "source_port": 40312, "destination_port": 21567}, OUR_PORTS),
    ({"tcp": "syn"}, {"syn", "syn with data", "syn 6"}),
    ({"tcp": "syn", "data": False}, {"syn", "syn 6"}),
    ({"tcp": "syn", "data": True}, {"syn with data"}),
    ({"tcp": "syn-ack"}, {"syn-ack"}),
    ({"tcp": "ack"}, {"ack", "back"}),
    ({"tcp": "ack", "protocol": "tcp", "source_port": 21567}, {"back"}),
    ({"tcp": "fin"}, {"fin", "fin with data"}),
    ({"tcp": "rst"}, {"rst", "rst-ack"}),
    ({"protocol": "tcp", "data": True}, {"syn with data", "data", "fin with data", "tcp later"}),
    ({"protocol": "udp", "data": False}, {"udp empty"}),
    ({"fragment": "any"}, FRAGMENTS),
    ({"fragment": "first"}, {"udp first"}),
    ({"fragment": "later"}, LATER),
    ({"fragment": "later", "protocol": "udp"}, {"udp later", "udp later 6"}),
    ({"fragment": "none"}, ALL - FRAGMENTS),
    ({"icmp_type": "echo-request"}, {"ping", "ping 6"}),
    ({"icmp_type": "echo-reply", "protocol": "icmp"}, {"pong", "pong 6"}),
    ({"icmp_type": "destination-unreachable"}, {"unreachable", "unreachable 6"}),
    ({"icmp_type": "packet-too-big"}, {"too big 6"}),
    ({"icmp_type": "time-exceeded"}, {"expired"}),
    ({"icmp_type": "parameter-problem"}, set()),
    ({"icmp_type": "redirect"}, {"redirect", "redirect 6"}),
    ({"icmp_type": "redirect", "ip_version": 4}, {"redirect"}),
    ({"icmp_type": "neighbour-solicitation"}, {"solicitation"}),
    ({"icmp_type": "neighbour-advertisement", "ip_version": 6}, {"advertisement"}),
    ({"min_bytes": 1040}, {"data"}),
    ({"min_bytes": 1041}, set()),
    ({"max_bytes": 24}, {"udp later"}),
    ({"min_bytes": 24, "max_bytes": 24}, {"udp later"}),
    ({"min_bytes": 0, "max_bytes": 65_535}, ALL),
    ({"payload_starts_with": "he"}, {"udp", "udp 6"}),
    ({"payload_starts_with": {"hex": "6279 65"}}, {"fin with data"}),
    ({"payload_starts_with": "hello!"}, set()),
    ({"payload_contains": "es"}, {"udp later", "udp later 6"}),
    ({"payload_contains": {"repeat": "x", "times": 1000}}, {"data"}),
    ({"payload_contains": {"repeat": "x", "times": 1001}}, set()),
    ({"payload_contains": "l", "protocol": "udp", "ip_version": 6}, {"udp 6"}),
    ({"payload_matches": "^(b.e|[ef]a)"}, {"fin with data", "syn with data"}),
    ({"payload_matches": r"l\Z"}, set()),
]
CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"payload_contains": "x", "data": False}, "payload_contains of packets without payload"),
    ({"payload_matches": "x", "tcp": "ack"}, "payload_matches of packets without payload"),
    ({"payload_contains": "x" * 100, "max_bytes": 119}, "max_bytes 119: must be at least 120"),
    ({"ip_version": 5}, "ip_version 5: must be 4 or 6"),
    ({"tcp": "syn", "protocol": "udp"}, "tcp syn with protocol udp: only TCP has flags"),
    ({"tcp": "syn", "icmp_type": "redirect"}, "icmp_type with another protocol"),
    ({"icmp_type": "redirect", "protocol": "tcp"}, "icmp_type with another protocol"),
    (
        {"icmp_type": "packet-too-big", "ip_version": 4},
        "icmp_type packet-too-big with ip_version 4",
    ),
    ({"port": 1, "protocol": "icmp"}, "port with ICMP: it has no ports"),
    ({"source_port": 1, "icmp_type": "echo-reply"}, "source_port with ICMP: it has no ports"),
    ({"port": 1, "source_port": 2, "destination_port": 3}, "port is neither"),
    ({"tcp": "ack", "data": True}, "tcp ack with data"),
    ({"fragment": "later", "port": 1}, "fragment later: only a first fragment has"),
    ({"fragment": "later", "tcp": "fin"}, "fragment later: only a first fragment has"),
    ({"fragment": "later", "icmp_type": "echo-reply"}, "fragment later: only a first fragment has"),
    ({"min_bytes": 100, "max_bytes": 99}, "min_bytes is above max_bytes"),
]


def make(asked: dict[str, Any]) -> Match:
    return Match(checked(match.PARAMETERS, asked, "match"))


@pytest.mark.parametrize(("asked", "passing"), CASES, ids=[str(asked) for asked, _ in CASES])
def test_match_means_exactly_these(asked: dict[str, Any], passing: set[str]) -> None:
    one = make(asked)
    assert {name for name, data in PACKETS.items() if one.passes(parse(data))} == passing


def test_every_parameter_and_every_word_is_tried() -> None:
    tried = [(name, value) for asked, _ in CASES for name, value in asked.items()]
    for parameter in match.PARAMETERS:
        words = [value for name, value in tried if name == parameter.name]
        assert all(choice in words for choice in parameter.choices)
        assert words


@pytest.mark.parametrize(("asked", "why"), CONTRADICTIONS)
def test_match_that_nothing_can_pass_is_refused(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Fault("drop", asked)
    text = str(caught.value)
    assert text.startswith(f"drop: match: {why}")
    assert text.endswith("; no packet would match")
    assert "\n" not in text


def test_impairment_for_one_protocol_refuses_another() -> None:
    for name, asked in (("reset", {}), ("reject", {"reason": "tcp-reset"})):
        with pytest.raises(ParameterError, match=rf"^{name}: match: protocol udp: it works on tcp"):
            Fault(name, {**asked, "protocol": "udp"})
        assert Fault(name, asked).match.passes(parse(PACKETS["syn"]))
        assert not Fault(name, asked).match.passes(parse(PACKETS["udp"]))
    with pytest.raises(ParameterError, match=r"^reset: match: icmp_type with another protocol"):
        Fault("reset", {"icmp_type": "echo-reply"})
