"""Packets that are held until others have passed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lab.agent.wire_faults import MS, datagram, fault, out, pipeline, segment


def order(packets: int, **asked: Any) -> str:
    """Let packets a, b, c... in, 1 ms apart; return them as they come out in that time."""
    link = pipeline(fault("reorder", **asked))
    letters = [chr(ord("a") + n) for n in range(packets)]
    found: list[str] = []
    for n, letter in enumerate(letters):
        found += out(link.arrive(letter.encode(), datagram(), n * MS))
    return "".join(found)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"nth": 1}, "bacdefgh"),
        ({"nth": 1, "gap": 3}, "bcdaefgh"),
        ({"nth": 8}, "abcdefg"),
        ({"first": 2}, "cabdefgh"),
        ({"first": 2, "gap": 2}, "cdabefgh"),
        ({"every": 2}, "acbedgf"),  # the eighth waits
        ({"every": 3}, "abdcegfh"),
        ({"every": 2, "gap": 2}, "acebgd"),
        ({"nth": 1, "gap": 100}, "bcdefgh"),
        ({"nth": 1, "gap": 100, "hold_ms": 4}, "bcdaefgh"),
        ({"nth": 2, "hold_ms": 1}, "abcdefgh"),  # comes out when the next arrives: in order
    ],
)
def test_packets_come_out_in_this_order(asked: dict[str, Any], expected: str) -> None:
    assert order(8, **asked) == expected


def test_only_packets_that_match_pass() -> None:
    link = pipeline(fault("reorder", protocol="udp", nth=1))
    arrivals = [(b"a", datagram()), (b"b", segment()), (b"c", datagram())]
    found = [one for id_, packet in arrivals for one in out(link.arrive(id_, packet, 0))]
    assert found == ["b", "c", "a"]


def test_held_for_the_longest_time_it_goes_on_at_its_exact_end() -> None:
    link = pipeline(fault("reorder", nth=1, hold_ms=20))
    assert link.arrive(b"a", datagram(), 7) == []
    assert link.next_due_ns() == 20 * MS + 7
    assert link.due(20 * MS + 6) == []
    (one,) = link.due(99 * MS)
    assert (one.id, one.at_ns) == (b"a", 20 * MS + 7)


@given(
    st.integers(1, 5),
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 10), st.booleans()), max_size=60),
)
def test_where_all_are_held_none_passes_and_each_stays_for_the_whole_time(
    gap: int, hold_ms: int, steps: list[tuple[int, bool]]
) -> None:
    link = pipeline(fault("reorder", gap=gap, hold_ms=hold_ms, data=True))
    at_ms, arrived, left = 0, {}, {}
    for n, (step_ms, has_data) in enumerate(steps):
        at_ms += step_ms
        arrived[n] = (at_ms, has_data)
        for one in link.arrive(bytes([n]), datagram(b"x" * has_data), at_ms * MS):
            left[one.id[0]] = one.at_ns / MS
    for one in link.due(10**15):
        left[one.id[0]] = one.at_ns / MS
    assert left == {n: at + hold_ms * held for n, (at, held) in arrived.items()}
