"""A narrow link by a virtual clock: exact departures, and what its queue has no room for."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.net.packet import Packet
from tests.unit.lab.agent.wire_faults import MS, datagram, fault, out, pipeline

KB = datagram(b"x" * 972)  # 1000 bytes: 1 ms at 8 Mbit/s
HALF = datagram(b"x" * 472)


def departures(arrivals: Sequence[tuple[float, Packet]], **asked: Any) -> list[float | None]:
    """Let packets in, each at its time in ms; return when they leave, in ms, None for the lost."""
    link = pipeline(fault("rate", **asked))
    found: dict[bytes, float | None] = {}
    transits = []
    for n, (at_ms, packet) in enumerate(arrivals):
        transits += link.arrive(bytes([n]), packet, round(at_ms * MS))
    while (due_ns := link.next_due_ns()) is not None:
        transits += link.due(due_ns)
    for one in transits:
        assert one.id not in found
        found[one.id] = None if one.lost else one.at_ns / MS
    return [found[bytes([n])] for n in range(len(arrivals))]


def test_packets_leave_one_after_the_other() -> None:
    arrivals = [(0, KB), (0, HALF), (0, KB), (2.25, KB), (10, HALF)]
    assert departures(arrivals, rate_bps=8e6) == [1, 1.5, 2.5, 3.5, 10.5]


def test_a_free_line_takes_a_packet_at_once() -> None:
    assert departures([(0, KB), (1, KB), (2, KB)], rate_bps=8e6, limit_packets=0) == [1, 2, 3]


def test_copies_take_their_time_on_the_line() -> None:
    link = pipeline(fault("duplicate", copies=2), fault("rate", rate_bps=8e6))
    link.arrive(b"a", KB, 0)
    assert link.next_due_ns() == 3 * MS


@pytest.mark.parametrize("packets", [1, 3, 999, 20_000])
def test_no_rounding_adds_up(packets: int) -> None:
    link = pipeline(fault("rate", rate_bps=7e6, limit_packets=1_000_000))  # 1142857.14 ns each
    start_ns = 10**16 + 1  # a machine that has run for months
    for _ in range(packets):
        link.arrive(b"", KB, start_ns)
    last = link.due(2 * start_ns)[-1]
    assert last.at_ns == start_ns + round(packets * 8000 * 10**9 / 7e6)


def test_the_queue_has_room_for_so_many_packets() -> None:
    arrivals = [(0, KB)] * 5 + [(0.999, KB), (1, HALF), (1, KB), (10, KB)]
    assert departures(arrivals, rate_bps=8e6, limit_packets=2) == [
        *(1, 2, 3, None, None, None, 3.5, None, 11),  # one on the line, two that wait
    ]


def test_the_queue_has_room_for_so_many_bytes() -> None:
    arrivals = [(0, KB), (0, KB), (0, KB), (0, HALF), (0, HALF), (1, HALF), (1, KB), (2, KB)]
    assert departures(arrivals, rate_bps=8e6, limit_bytes=1500) == [
        *(1, 2, None, 2.5, None, 3, None, 4),
    ]


def test_both_limits_hold() -> None:
    arrivals = [(0, HALF)] * 5
    both = {"limit_packets": 2, "limit_bytes": 1400}
    assert departures(arrivals, rate_bps=8e6, **both) == [0.5, 1, 1.5, None, None]
    both = {"limit_packets": 3, "limit_bytes": 900}
    assert departures(arrivals, rate_bps=8e6, **both) == [0.5, 1, None, None, None]


def test_without_a_limit_there_is_room_for_a_thousand() -> None:
    link = pipeline(fault("rate", rate_bps=8e6))
    lost = [out(link.arrive(b"", KB, 0)) for _ in range(1003)]
    assert lost == [[]] * 1001 + [["-"]] * 2
    no_limit = pipeline(fault("rate", rate_bps=8e6, limit_bytes=2**40))
    assert [one for _ in range(5000) for one in no_limit.arrive(b"", KB, 0)] == []


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 1400)), max_size=40),
    st.integers(1_000, 10**9),
    st.integers(0, 5),
)
def test_departures_are_those_of_a_queue(
    steps: list[tuple[int, int]], rate_bps: int, limit: int
) -> None:
    at_us, arrivals = 0, []
    for step_us, size in steps:
        at_us += step_us
        arrivals.append((at_us / 1000, datagram(bytes(size))))
    found = departures(arrivals, rate_bps=rate_bps, limit_packets=limit)
    begins: list[float] = []
    free_ms = 0.0
    for (at_ms, packet), left_ms in zip(arrivals, found, strict=True):
        begin_ms = max(at_ms, free_ms)
        waiting = sum(other > at_ms + 2e-6 for other in begins)
        if left_ms is None:
            assert waiting + sum(abs(other - at_ms) < 2e-6 for other in begins) >= limit
            continue
        free_ms = begin_ms + packet.length * 8000 / rate_bps
        begins.append(begin_ms)
        assert waiting <= limit
        assert left_ms == pytest.approx(free_ms, abs=1e-4)
