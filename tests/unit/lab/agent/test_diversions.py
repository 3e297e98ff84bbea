"""A narrowed diversion hides no packet from its fault; judged by a small model of the kernel's.

The model reads packets in its own way, as net/netfilter/nft_payload.c and ipv6_find_hdr do. The
rules stand in the order of `nftables.Table`: neighbour discovery goes past all that do not ask
for it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from lab.agent.wire import match
from lab.agent.wire.fault import Fault
from lab.agent.wire.lines import IPV4, IPV6, Diversion
from lab.net.packet import ICMP, ICMPV6, TCP, UDP, parse
from lab.net.parameters import Parameter, ParameterError
from tests.unit.lab.agent.test_match import PACKETS
from tests.unit.lab.agent.wire_packets import (
    CLIENT4,
    CLIENT6,
    PORTS,
    SERVER4,
    any_bytes,
    fragment_header,
    icmp,
    ipv4,
    ipv6,
    tcp,
    udp,
)

_SKIPPED = {0, 43, 44, 60}


class Seen(NamedTuple):
    """What the kernel knows of a packet; `transport` is empty where it does not look."""

    family: int
    source: bytes
    protocol: int | None
    transport: bytes


def seen(data: bytes) -> Seen | None:
    if data[:1] and data[0] >> 4 == 4 and len(data) >= 20:
        size, total = data[0] % 16 * 4, int.from_bytes(data[2:4], "big")
        if not 20 <= size <= total <= len(data):
            return None  # ip_rcv drops it
        later = int.from_bytes(data[6:8], "big") & 0x1FFF
        return Seen(IPV4, data[12:16], data[9], b"" if later else data[size:total])
    if data[:1] and data[0] >> 4 == 6 and len(data) >= 40:
        total = 40 + int.from_bytes(data[4:6], "big")
        return None if total > len(data) else find_header(data[:total])
    return None


def find_header(data: bytes) -> Seen:
    protocol, at = data[6], 40
    while protocol in _SKIPPED:
        if at + 2 > len(data):
            return Seen(IPV6, data[8:24], None, b"")
        size = (data[at + 1] + 1) * 8
        if protocol == 44:
            size = 8
            if int.from_bytes(data[at + 2 : at + 4], "big") & 0xFFF8:
                known = data[at] not in {*_SKIPPED, 51}
                return Seen(IPV6, data[8:24], data[at] if known else None, b"")
        protocol, at = data[at], at + size
    return Seen(IPV6, data[8:24], protocol, data[at:])


def covers(one: Diversion, packet: Seen) -> bool:
    if one.family != packet.family or one.source not in {b"", packet.source}:
        return False
    if one.protocol not in {None, packet.protocol}:
        return False
    for offset, port in ((0, one.source_port), (2, one.destination_port)):
        if port is not None and packet.transport[offset : offset + 2] != port.to_bytes(2, "big"):
            return False
    flags = packet.transport[13:14]
    return not one.flags or bool(flags and flags[0] & one.flags)


def is_diverted(diversions: Iterable[Diversion], packet: Seen) -> bool:
    first = packet.transport[:1]
    goes_past = packet.protocol == ICMPV6 and packet.family == IPV6 and first in NEIGHBOUR_TYPES
    return any(covers(one, packet) and (one.neighbours or not goes_past) for one in diversions)


NEIGHBOUR_TYPES = {bytes([kind]) for kind in range(133, 138)}


# What may be asked, mostly about values that packets here have.
_LIKELY: dict[str, list[Any]] = {
    "port": list(PORTS),
    "source_port": [*PORTS, 1],
    "destination_port": [*PORTS, 1],
    "min_bytes": [40, 60],
    "max_bytes": [40, 60],
    "ip_version": [4, 6],
}


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    if parameter.name in _LIKELY:
        return st.sampled_from(_LIKELY[parameter.name])
    return st.sampled_from(parameter.choices or (False, True))


def asked() -> st.SearchStrategy[dict[str, Any]]:
    narrowing = {parameter.name: values(parameter) for parameter in match.PARAMETERS}
    counting = {"per": st.just("flow"), "after_bytes": st.just(3)}
    names = st.sets(st.sampled_from([*narrowing, *counting]), max_size=4)
    return names.flatmap(
        lambda some: st.fixed_dictionaries({name: {**narrowing, **counting}[name] for name in some})
    )


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """Draw a packet of the many that a link may carry, whole or not."""
    source, ports = draw(st.sampled_from(PORTS)), draw(st.permutations(PORTS))
    payload = draw(st.binary(max_size=30))
    pair = (draw(st.sampled_from((*ports, 9))), ports[1])
    transports = {
        TCP: tcp(draw(st.integers(0, 255)), payload, ports=pair, sequence=source),
        UDP: udp(payload, ports=pair),
        ICMP: icmp(draw(st.integers(0, 20)), payload=payload),
        ICMPV6: icmp(draw(st.sampled_from((1, 2, 3, 4, *range(128, 138)))), payload=payload),
    }
    protocol = draw(st.sampled_from(sorted(transports)))
    transport = transports[protocol]
    transport = transport[: draw(st.just(len(transport)) | st.integers(0, len(transport)))]
    if draw(st.booleans()):
        fragment = draw(st.sampled_from((0, 0x4000, 0x2000, 0x2002, 3)))
        return ipv4(protocol, transport, fragment=fragment, options=draw(OPTIONS))
    for following in draw(st.lists(st.sampled_from((0, 43, 44, 51, 60)), max_size=3)):
        header = bytes([protocol, 0]) + bytes(6)
        if following == 44:
            offset = draw(st.sampled_from((0, 8)))
            header = fragment_header(protocol, offset, more=draw(st.booleans()))
        elif following == 51:
            header = bytes([protocol, 1]) + bytes(10)
        protocol, transport = following, header + transport
    return ipv6(protocol, transport)


OPTIONS = st.sampled_from((b"", bytes(8)))


@settings(max_examples=300)
@example({"icmp_type": "neighbour-solicitation", "per": "flow"}, PACKETS["icmp later"])
@example({"protocol": "tcp"}, ipv6(51, bytes([TCP, 1]) + bytes(14) + tcp(0x02)))
@given(asked(), packets() | st.sampled_from(list(PACKETS.values())) | any_bytes())
def test_what_a_fault_is_about_is_diverted(values: dict[str, Any], data: bytes) -> None:
    try:
        one = Fault("drop", values)
    except ParameterError:
        return
    packet, by_kernel = parse(data), seen(data)
    if by_kernel is None or packet.source == b"":
        return
    whole = one.needs_whole_flows
    diversions = list(one.match.diversions(packet.source, whole_flows=whole))
    assert all(diversion.source == packet.source for diversion in diversions)
    concerned = one.match.passes(packet) or (whole and one.match.passes_flow(packet))
    event(f"concerned: {concerned}")
    if concerned:
        assert is_diverted(diversions, by_kernel), packet


def diversions(address: bytes = CLIENT4, **given_: Any) -> list[Diversion]:
    one = Fault("drop", given_)
    whole = one.needs_whole_flows
    return list(one.match.diversions(address, whole_flows=whole))


def test_a_match_narrows_what_leaves_the_kernel() -> None:
    assert diversions() == [Diversion(IPV4, CLIENT4)]
    assert diversions(tcp="syn", destination_port=80) == [
        Diversion(IPV4, CLIENT4, TCP, destination_port=80, flags=0x02)
    ]
    assert diversions(protocol="udp", port=53) == [
        Diversion(IPV4, CLIENT4, UDP, source_port=53),
        Diversion(IPV4, CLIENT4, UDP, destination_port=53),
    ]
    assert {one.protocol for one in diversions(port=53)} == {TCP, UDP}
    assert diversions(CLIENT6, protocol="icmp") == [Diversion(IPV6, CLIENT6, ICMPV6)]
    asked_for = diversions(CLIENT6, icmp_type="neighbour-solicitation")
    assert asked_for == [Diversion(IPV6, CLIENT6, ICMPV6, neighbours=True)]


def test_nothing_is_diverted_of_a_version_that_is_not_meant() -> None:
    assert diversions(CLIENT4, ip_version=6) == []
    assert diversions(CLIENT6, ip_version=4) == []
    assert diversions(CLIENT4, icmp_type="packet-too-big") == []
    assert diversions(CLIENT4, icmp_type="neighbour-solicitation") == []
    assert len(diversions(CLIENT6, icmp_type="packet-too-big")) == 1


def test_whole_flows_are_diverted_where_they_are_needed() -> None:
    narrow, whole = [Diversion(IPV4, SERVER4, TCP, flags=0x01)], [Diversion(IPV4, SERVER4, TCP)]
    assert diversions(SERVER4, tcp="fin", first=1) == narrow
    assert diversions(SERVER4, tcp="fin", first=1, per="flow") == whole
    assert diversions(SERVER4, tcp="fin", after_bytes=1000) == whole


def test_a_reset_sees_the_whole_connection_whose_numbers_it_needs() -> None:
    def of(**values: Any) -> list[Diversion]:
        one = Fault("reset", values)
        return list(one.match.diversions(SERVER4, whole_flows=one.needs_whole_flows))

    for to in ("sender", "receiver", "both"):
        assert of(tcp="fin", to=to) == [Diversion(IPV4, SERVER4, TCP)]
    assert of(tcp="syn", to="sender") == [Diversion(IPV4, SERVER4, TCP, flags=0x02)]
