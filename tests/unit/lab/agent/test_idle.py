"""Connections that a fault forgets because they were idle: told by the arrival of packets alone."""

from collections.abc import Iterable
from typing import Any

import pytest

from lab.agent.wire.capture import fate_of
from lab.agent.wire.fault import Fault
from lab.agent.wire.pipeline import Pipeline
from lab.net.fate import DROPPED
from lab.net.packet import ACK, FIN, RST, SYN, Packet, parse
from lab.net.parameters import ParameterError
from tests.unit.lab.agent.wire_faults import MS, datagram, fault, segment, transit
from tests.unit.lab.agent.wire_packets import ipv4

OTHER_PORTS = 40999, 21567
OPEN = segment(SYN, sequence=0)
SAME_PORTS_AGAIN = segment(SYN, sequence=9000)
DATA, PROBE, END = segment(ACK, b"hello"), segment(ACK, sequence=0), segment(FIN | ACK)
Come = tuple[Packet, float]  # and when, in ms


def lost(come: Iterable[Come], *, since_ms: float = 0, **asked: Any) -> list[bool]:
    """Let packets arrive at a drop that is in force since then; tell of each whether it is lost."""
    link = Pipeline()
    link.add(fault("drop", **asked), round(since_ms * MS))
    found = []
    for packet, at_ms in come:
        (met,) = link.arrive(b"", packet, round(at_ms * MS))
        found.append(met.lost)
    return found


def test_a_connection_is_forgotten_after_so_long_without_a_packet() -> None:
    come = [(OPEN, 0), (DATA, 999), (DATA, 1999), (DATA, 2999.001), (DATA, 2999.002), (END, 3000)]
    assert lost(come, idle_ms=1000) == [False, False, False, True, True, True]


def test_packets_without_data_keep_it() -> None:
    come = [(OPEN, 0), *((PROBE, at_ms) for at_ms in range(900, 9900, 900)), (DATA, 9901)]
    assert not any(lost(come, idle_ms=1000))
    # Also those that the fault itself is not about.
    assert not any(lost(come, idle_ms=1000, data=True))


def test_what_is_lost_does_not_keep_it() -> None:
    come = [(OPEN, 0), *((DATA, at_ms) for at_ms in range(2000, 2900, 100))]
    assert lost(come, idle_ms=1000) == [False, *[True] * 9]


@pytest.mark.parametrize("opening", [OPEN, SAME_PORTS_AGAIN, segment(SYN | ACK, sequence=9)])
def test_a_syn_begins_it_anew(opening: Packet) -> None:
    come = [(OPEN, 0), (DATA, 2000), (opening, 2500), (DATA, 3400), (DATA, 4500)]
    assert lost(come, idle_ms=1000) == [False, True, False, False, True]


def test_each_connection_has_a_clock_of_its_own() -> None:
    busy = segment(ACK, b"x", ports=OTHER_PORTS)
    come = [
        (OPEN, 0),
        (segment(SYN, ports=OTHER_PORTS), 0),
        (busy, 900),
        (DATA, 1500),
        (busy, 1800),
    ]
    assert lost(come, idle_ms=1000) == [False, False, False, True, False]


def test_a_connection_from_before_the_fault_counts_from_there() -> None:
    assert lost([(DATA, 5900), (DATA, 6800)], since_ms=5000, idle_ms=1000) == [False, False]
    assert lost([(DATA, 6001)], since_ms=5000, idle_ms=1000) == [True]


def test_only_tcp_is_forgotten() -> None:
    later_fragment = parse(ipv4(6, b"the rest", fragment=3))
    come = [(datagram(), 0), (datagram(), 5000), (later_fragment, 9000)]
    assert lost(come, idle_ms=1000) == [False, False, False]


def test_idle_comes_before_the_count() -> None:
    come = [(OPEN, 0), (DATA, 2000), (DATA, 2001), (SAME_PORTS_AGAIN, 2500), (DATA, 9000)]
    assert lost(come, idle_ms=1000, nth=2) == [False, False, True, False, False]
    assert lost(come, idle_ms=1000, every=3) == [False, False, False, False, True]
    assert lost(come, idle_ms=1000, nth=1, per="flow") == [False, True, False, False, True]


def test_matched_are_all_and_acted_on_the_forgotten() -> None:
    one, link = fault("drop", idle_ms=1000), Pipeline()
    link.add(one, 0)
    for packet, at_ms in ((OPEN, 0), (DATA, 500), (datagram(), 600), (DATA, 2000), (DATA, 2001)):
        link.arrive(b"", packet, at_ms * MS)
    assert (one.matched_packets, one.acted_packets) == (4, 2)


def test_fate_says_how_long_it_was_idle() -> None:
    one, link = Fault("drop", {"idle_ms": 1000}), Pipeline()
    link.add(one, 0)
    link.arrive(b"", OPEN, 0)
    for at_ms in (2345, 9999):
        (met,) = link.arrive(b"", DATA, at_ms * MS)
        assert fate_of(met, "server", DROPPED).text == (
            "dropped by fault server/0 (drop idle_ms=1000): idle for 2345 ms"
        )


def test_other_impairments_pick_idle_connections_too() -> None:
    """As load balancers do that answer with an RST."""
    one = fault("reset", idle_ms=1000, to="sender")
    one.begin(0)
    for packet, at_ms, is_lost in ((OPEN, 0, False), (DATA, 500, False), (DATA, 1501, True)):
        met = transit(packet, at_ms * MS)
        one.meet(met)
        assert (met.lost, [parse(reply).flags & RST for reply in met.replies]) == (
            is_lost,
            [RST] if is_lost else [],
        )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"protocol": "udp"}, "idle_ms with protocol udp: only TCP shows what begins anew, a SYN"),
        (
            {"tcp": "syn"},
            "idle_ms with tcp syn: such a packet is of no idle connection; it would never act",
        ),
        (
            {"fragment": "later"},
            "idle_ms with fragment later: such a packet is of no idle connection;"
            " it would never act",
        ),
        (
            {"icmp_type": "echo-request"},
            "match: icmp_type with another protocol: only ICMP has types; no packet would match",
        ),
        ({"idle_ms": 0}, "idle_ms 0: must be a number from 0.001 to 604800000"),
    ],
)
def test_what_is_never_idle_is_refused(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Fault("drop", {"idle_ms": 1000, **asked})
    assert str(caught.value) == f"drop: {why}"
