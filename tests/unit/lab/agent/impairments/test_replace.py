"""Bytes that are others: all of them, nothing else, and a packet that is right."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.agent.wire.fault import Fault
from lab.net import checksum
from lab.net.packet import ACK, ICMP, TCP, UDP, Packet, parse
from lab.net.parameters import ParameterError
from tests.unit.lab.agent.wire_faults import fault, transit
from tests.unit.lab.agent.wire_packets import MORE_FRAGMENTS, icmp, ipv4, ipv6, tcp, udp


def packets(payload: bytes) -> list[Packet]:
    """Return a segment and a datagram over each version of IP, with checksums that are right."""
    raw = [
        *(make(TCP, tcp(ACK, payload)) for make in (ipv4, ipv6)),
        *(make(UDP, udp(payload, checksum=1)) for make in (ipv4, ipv6)),
    ]
    return [parse(checksum.mended(parse(one))) for one in raw]


def replaced(packet: Packet, **asked: Any) -> Packet | None:
    """Return what goes on in its place, None if it goes on as it is."""
    met = transit(packet)
    fault("replace", **asked).meet(met)
    assert not met.lost
    return None if met.data is None else parse(met.data)


@pytest.mark.parametrize("n", range(4))
def test_all_of_them_are_others_and_the_packet_is_right(n: int) -> None:
    packet = packets(b"HTTP/1.1 200 OK, 200")[n]
    after = replaced(packet, find="200", replacement="503")
    assert after is not None
    assert after.data[after.payload_at : after.length] == b"HTTP/1.1 503 OK, 503"
    assert after.length == packet.length == len(after.data)
    assert checksum.is_right(after)
    assert after.sequence == packet.sequence


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("replacement", ["", "a longer one"])
def test_datagram_may_become_longer_or_shorter(n: int, replacement: str) -> None:
    packet = packets(b"one two one")[n]
    after = replaced(packet, find="one", replacement=replacement)
    assert after is not None
    expected = b"one two one".replace(b"one", replacement.encode())
    assert after.data[after.payload_at :] == expected
    assert after.length == len(after.data)
    assert checksum.is_right(after)
    said = after.data[after.transport_at + 4 : after.transport_at + 6]
    assert int.from_bytes(said, "big") == 8 + len(expected)


@given(payload=st.binary(max_size=60), find=st.binary(min_size=1, max_size=3), n=st.integers(0, 3))
def test_what_does_not_hold_them_goes_on_as_it_is(payload: bytes, find: bytes, n: int) -> None:
    packet = packets(payload)[n]
    others = bytes(byte ^ 0xFF for byte in find)
    after = replaced(packet, find={"hex": find.hex()}, replacement={"hex": others.hex()})
    assert (after is not None) == (find in payload)
    if after:
        assert after.data[after.payload_at :] == payload.replace(find, others)
        assert checksum.is_right(after)


def test_of_fragments_and_icmp_and_headers_nothing_is_replaced() -> None:
    one = {"find": "e", "replacement": "f"}
    assert not replaced(parse(ipv4(UDP, udp(b"hello"), fragment=MORE_FRAGMENTS)), **one)
    assert not replaced(parse(ipv4(ICMP, icmp(8) + b"eee")), **one)
    packet = packets(b"hello")[0]
    port = packet.data[packet.transport_at : packet.transport_at + 2].hex()
    assert not replaced(packet, find={"hex": port}, replacement={"hex": "0000"})


def test_datagram_that_would_be_too_long_goes_on_as_it_is() -> None:
    packet = packets(b"x" * 60_000)[2]
    assert replaced(packet, find="x", replacement="xy") is None


def test_it_says_what_it_did() -> None:
    met = transit(packets(b"ab ab")[0])
    fault("replace", find="b", replacement="c").meet(met)
    ((_, effect),) = met.actions
    assert effect.what == "replaced 2 x, first at byte 1 of the payload"


ONE = {"find": "x", "replacement": "y"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"find": "", "replacement": "x"}, "find is empty: must be the bytes to replace"),
        ({"find": "x", "replacement": "x"}, "find and replacement are the same"),
        ({**ONE, "replacement": "xy", "protocol": "tcp"}, "protocol tcp: it works on udp only"),
        ({**ONE, "protocol": "icmp"}, "match: ICMP: its payload"),
        ({**ONE, "fragment": "any"}, "match: fragment any: must be none"),
        ({**ONE, "data": False}, "match: packets without payload"),
        ({**ONE, "find": {"hex": "0"}}, "find {'hex': '0'}: must be text, {hex: 00ff}"),
        ({"find": "x"}, "replacement: must be given"),
        ({**ONE, "payload_matches": "("}, "payload_matches '(': must be a regular expression"),
        ({**ONE, "payload_contains": ""}, "match: payload_contains is empty"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(why)):
        Fault("replace", asked)


def test_data_are_told_as_they_were_written() -> None:
    one = Fault("replace", {"find": {"hex": "00 ff"}, "replacement": "ab"})
    assert one.asked == {"find": {"hex": "00 ff"}, "replacement": "ab"}
    assert one.settings == "replace find=hex:00ff replacement=ab"
