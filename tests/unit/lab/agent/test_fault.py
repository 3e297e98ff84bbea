"""A fault's counters, its name, and when it is exhausted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.agent.wire.fault import Fault
from lab.net.packet import SYN, Packet
from tests.unit.lab.agent.wire_faults import (
    MS,
    datagram,
    fates,
    fault,
    out,
    pipeline,
    segment,
    transit,
)


def test_what_matched_and_what_was_done_is_counted() -> None:
    one = fault("drop", protocol="udp", every=2)
    fates(one, [datagram(b"12345"), segment(), datagram(), datagram(b"")])
    assert (one.matched_packets, one.acted_packets, one.acted_bytes) == (3, 1, 33)
    fates(one, [datagram(b"")])
    assert (one.matched_packets, one.acted_packets, one.acted_bytes) == (4, 2, 33 + 28)


def test_what_it_could_do_nothing_to_does_not_match() -> None:
    one = fault("mtu", mtu_bytes=100, first=1)
    lost = fates(
        one, [datagram(b""), datagram(bytes(72)), datagram(bytes(73)), datagram(bytes(99))]
    )
    assert lost == [False, False, True, False]
    assert (one.matched_packets, one.acted_packets) == (2, 1)


def test_what_befell_a_packet_is_noted_with_the_fault() -> None:
    one, met = fault("drop"), transit(datagram())
    one.meet(met)
    assert met.actions == [(one, ("dropped", ""))]
    other, unmet = fault("drop", nth=2), transit(datagram())
    other.meet(unmet)
    assert unmet.actions == []


def test_the_asked_for_is_kept_as_checked_and_the_text_says_what_is_special() -> None:
    one = Fault("drop", {"seed": 1, "probability": 1, "port": 80.0, "tcp": None})
    assert one.asked == {"seed": 1, "probability": 1.0, "port": 80}
    assert one.text == 'drop {"port": 80, "probability": 1.0}'


SPENT: list[tuple[dict[str, Any], int | None]] = [
    ({}, None),
    ({"nth": 3}, 3),
    ({"first": 2}, 2),
    ({"first": 2, "after": 3}, 5),
    ({"nth": 2, "after_bytes": 12}, 4),  # five bytes each
    ({"first": 2, "probability": 1e-9}, 2),
    ({"first": 2, "burst_enter": 1, "burst_leave": 0}, 2),
    ({"every": 2}, None),
    ({"after": 2}, None),
    ({"first": 2, "per": "flow"}, None),
    ({"nth": 2, "per": "flow"}, None),
    ({"first": 2, "port": 9}, None),  # nothing of it comes
]


@pytest.mark.parametrize(("asked", "after"), SPENT, ids=[str(asked) for asked, _ in SPENT])
def test_fault_is_spent_when_it_can_act_no_more(asked: dict[str, Any], after: int | None) -> None:
    one = fault("drop", **asked)
    exhausted = [one.exhausted]
    for _ in range(8):
        fates(one, [datagram()])
        exhausted.append(one.exhausted)
    assert exhausted == [after is not None and n >= after for n in range(9)]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "after": st.integers(0, 5),
            "after_bytes": st.integers(0, 30),
            "probability": st.sampled_from((1e-9, 0.5, 1.0)),
            "per": st.sampled_from(("flow", "fault")),
        },
    ),
    st.sampled_from(("nth", "first", "every")),
    st.integers(1, 5),
    st.lists(st.sampled_from((datagram(), datagram(ports=(1, 2)), segment(SYN))), max_size=30),
)
def test_a_spent_fault_never_acts_again(
    asked: dict[str, Any], way: str, n: int, packets: list[Packet]
) -> None:
    one, was_exhausted = fault("drop", **asked, **{way: n}), False
    for packet in packets:
        (lost,) = fates(one, [packet])
        assert not (was_exhausted and lost)
        assert one.exhausted or not was_exhausted
        was_exhausted = one.exhausted


def test_reorder_is_spent_only_when_it_has_nothing_to_wait_for() -> None:
    one = fault("reorder", first=1, gap=2)
    link = pipeline(one)
    assert link.arrive(b"a", datagram(), 0) == []
    assert not one.exhausted
    assert out(link.arrive(b"b", datagram(), 1)) == ["b"]
    assert not one.exhausted
    assert out(link.arrive(b"c", datagram(), 2)) == ["c", "a"]
    assert one.exhausted


def test_reorder_that_waited_in_vain_is_spent_with_the_next_packet() -> None:
    one = fault("reorder", first=1, hold_ms=5)
    link = pipeline(one)
    link.arrive(b"a", datagram(), 0)
    assert out(link.due(5 * MS)) == ["a"]
    assert out(link.arrive(b"b", datagram(), 6 * MS)) == ["b"]
    assert one.exhausted
