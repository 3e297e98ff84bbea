"""A superpacket has the fate of its segments: the same faults, met whole or one by one."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from lab.agent.wire.fault import Fault
from lab.agent.wire.pipeline import Pipeline
from lab.agent.wire.superpacket import Segment, Superpacket
from lab.agent.wire.transit import Transit
from lab.net import segments
from lab.net.packet import ACK, FIN, PSH, TCP, Packet, parse
from tests.unit.lab.agent.wire_faults import MS, fault
from tests.unit.lab.agent.wire_packets import ipv4, tcp

SIZE = 100
# The data of each superpacket, in bytes, and its flags.
STREAM = [(70, ACK), (1000, ACK), (950, ACK | PSH), (4400, ACK), (100, ACK), (2050, ACK | FIN)]
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("observe", {}),
    ("drop", {}),
    ("drop", {"nth": 10**9}),
    ("drop", {"nth": 13}),
    ("drop", {"first": 30}),
    ("drop", {"first": 12, "after": 5}),
    ("drop", {"every": 7}),
    ("drop", {"every": 1}),
    ("drop", {"every": 500}),
    ("drop", {"probability": 0.01, "seed": 3}),
    ("drop", {"probability": 0.5, "seed": 3}),
    ("drop", {"probability": 0.02, "per": "flow"}),
    ("drop", {"burst_enter": 0.05, "burst_leave": 0.3}),
    ("drop", {"after_bytes": 1500}),
    ("drop", {"after_bytes": 1570, "nth": 4}),
    ("drop", {"tcp": "fin"}),
    ("drop", {"tcp": "ack"}),
    ("drop", {"data": True, "nth": 20}),
    ("drop", {"max_bytes": 120}),
    ("drop", {"min_bytes": 139}),
    ("drop", {"idle_ms": 5}),
    ("drop", {"port": 9}),
    ("delay", {"delay_ms": 3}),
    ("delay", {"delay_ms": 3, "first": 17}),
    ("delay", {"delay_ms": 3, "jitter_ms": 2}),
    ("rate", {"rate_bps": 1e9}),
    ("rate", {"rate_bps": 1e6, "limit_packets": 10**6}),
    ("reorder", {"nth": 15, "gap": 4}),
    ("reset", {"nth": 25}),
    ("corrupt", {"nth": 25}),
    ("mtu", {"mtu_bytes": 130}),
    ("mtu", {"mtu_bytes": 1500}),
    ("duplicate", {"every": 20}),
    ("reject", {"nth": 25}),
    ("slice", {"size_bytes": 40, "nth": 9}),
]


def stream() -> Iterator[tuple[int, Packet]]:
    """Yield superpackets, or what is as short as a segment, and when each comes."""
    sequence = 1
    for number, (size, flags) in enumerate(STREAM):
        segment = tcp(flags, bytes(size), sequence=sequence)
        yield number * MS, parse(ipv4(TCP, segment))
        sequence += size


def cut(superpacket: Superpacket) -> Iterable[Transit]:
    whole = superpacket.packet
    for number, one in enumerate(segments.cut(whole, superpacket.segment_bytes)):
        yield Segment.of(superpacket, b"", one, number)


def entering(pipeline: Pipeline, packet: Packet, at_ns: int, *, whole: bool) -> list[Transit]:
    if packet.payload_length <= SIZE:
        return [Transit(b"", packet, pipeline.faults, at_ns)]
    one = Superpacket(b"", packet, pipeline.faults, at_ns, SIZE)
    return [one] if whole else [*cut(one)]


Did = list[tuple[str, str]]
Fates = dict[int, tuple[int, bool, int, int, bytes | None, Did]]


def fates(some: Iterable[Fault], *, whole: bool) -> tuple[Fates, list[tuple[int, int, int]], int]:
    """Return what became of each segment, by its sequence number, each fault's counters, and how
    many superpackets came out whole.
    """
    pipeline = Pipeline(cut)
    faults = list(some)
    for one in faults:
        pipeline.add(one, 0)
    out: list[Transit] = []
    for at_ns, packet in stream():
        for entered in entering(pipeline, packet, at_ns, whole=whole):
            pipeline.enter(entered, out)
    out += pipeline.due(10**12)
    found: Fates = {}
    for met in out:
        is_whole = isinstance(met, Superpacket)
        parts = [*segments.cut(met.packet, SIZE)] if is_whole else [met.packet]
        did = [(by.text, effect.what.split(" ")[0]) for by, effect in met.actions]
        for part in parts:
            fate = met.lost, met.duplicates, len(met.replies), met.data, did
            found[part.sequence] = (part.length, *fate)
    counters = [(one.matched_packets, one.acted_packets, one.acted_bytes) for one in faults]
    return found, counters, sum(isinstance(met, Superpacket) for met in out)


@pytest.mark.parametrize(("name", "asked"), FAULTS)
def test_superpacket_has_the_fates_of_its_segments(name: str, asked: dict[str, Any]) -> None:
    whole, counted_whole, _ = fates([fault(name, **asked)], whole=True)
    one_by_one, counted, _ = fates([fault(name, **asked)], whole=False)
    assert whole == one_by_one
    assert counted_whole == counted


@pytest.mark.parametrize(("name", "asked"), FAULTS)
def test_so_it_has_beside_other_faults(name: str, asked: dict[str, Any]) -> None:
    def some() -> list[Fault]:
        others = [fault("drop", probability=0.03, seed=9), fault("delay", delay_ms=1)]
        return [*others, fault(name, **asked), fault("rate", rate_bps=1e9)]

    whole, counted_whole, _ = fates(some(), whole=True)
    one_by_one, counted, _ = fates(some(), whole=False)
    assert whole == one_by_one
    assert counted_whole == counted


@pytest.mark.parametrize(
    ("name", "asked", "whole"),
    [
        ("observe", {}, 4),
        ("drop", {}, 4),
        ("drop", {"nth": 10**9}, 4),
        ("drop", {"nth": 13}, 3),  # the second of them
        ("drop", {"tcp": "fin"}, 3),
        ("drop", {"port": 9}, 4),
        ("delay", {"delay_ms": 3}, 4),
        ("delay", {"delay_ms": 3, "jitter_ms": 1}, 0),
        ("rate", {"rate_bps": 1e9}, 4),
        ("rate", {"rate_bps": 1e6}, 0),
    ],
)
def test_only_what_a_fault_can_pick_from_is_cut(
    name: str, asked: dict[str, Any], whole: int
) -> None:
    *_, came_whole = fates([fault(name, **asked)], whole=True)
    assert came_whole == whole


def test_segments_of_one_that_is_cut_late_keep_what_befell_it_before() -> None:
    faults = [fault("observe"), fault("delay", delay_ms=1), fault("delay", delay_ms=2, jitter_ms=1)]
    found, counters, _ = fates(faults, whole=True)
    assert {len(did) for *_, did in found.values()} == {3}
    assert {matched for matched, *_ in counters} == {len(found)}


def test_segments_together_are_the_superpacket() -> None:
    (_, whole), *_ = [one for one in stream() if one[1].payload_length == 4400]
    parts = [*segments.cut(whole, 1448)]
    assert [one.payload_length for one in parts] == [1448, 1448, 1448, 56]
    assert [one.sequence - whole.sequence for one in parts] == [0, 1448, 2896, 4344]
    assert segments.count(whole, 1448) == 4
    first, last = segments.first_and_last(whole, 1448)
    assert (first.data, last.data) == (parts[0].data, parts[-1].data)


def test_headers_alone_have_the_lengths_of_the_whole() -> None:
    (_, whole), *_ = [one for one in stream() if one[1].payload_length == 4400]
    headers = parse(whole.data[:60], len(whole.data))
    assert headers.payload_length == 4400
    lengths = [(one.length, one.sequence, one.flags) for one in segments.cut(headers, 1448)]
    assert lengths == [(one.length, one.sequence, one.flags) for one in segments.cut(whole, 1448)]
