"""Which of the matching packets are picked: counted first, then by the generator."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.agent.wire.fault import Fault
from lab.net.packet import ACK, FIN, SYN, Packet
from lab.net.parameters import ParameterError
from tests.unit.lab.agent.wire_faults import datagram, fates, fault, segment, taken

TWELVE = [datagram()] * 12

COUNTED: list[tuple[dict[str, Any], list[int]]] = [
    ({}, list(range(1, 13))),
    ({"nth": 1}, [1]),
    ({"nth": 3}, [3]),
    ({"nth": 13}, []),
    ({"first": 1}, [1]),
    ({"first": 4}, [1, 2, 3, 4]),
    ({"first": 100}, list(range(1, 13))),
    ({"every": 1}, list(range(1, 13))),
    ({"every": 5}, [5, 10]),
    ({"after": 0}, list(range(1, 13))),
    ({"after": 10}, [11, 12]),
    ({"after": 12}, []),
    ({"after": 3, "nth": 2}, [5]),
    ({"after": 3, "first": 2}, [4, 5]),
    ({"after": 3, "every": 4}, [7, 11]),
    ({"after_bytes": 0}, list(range(1, 13))),  # five bytes each
    ({"after_bytes": 9}, list(range(2, 13))),
    ({"after_bytes": 10}, list(range(3, 13))),
    ({"after_bytes": 60}, []),
    ({"after_bytes": 10, "nth": 2}, [4]),
    ({"after_bytes": 10, "first": 2}, [3, 4]),
    ({"after_bytes": 10, "every": 5}, [7, 12]),
    ({"after_bytes": 10, "after": 3, "first": 2}, [6, 7]),
    ({"probability": 1e-9}, []),
    ({"probability": 1}, list(range(1, 13))),
    ({"probability": 1, "every": 5}, [5, 10]),
    ({"burst_enter": 1e-9, "burst_leave": 1}, []),
    ({"burst_enter": 1, "burst_leave": 0}, list(range(1, 13))),
    ({"burst_enter": 1, "burst_leave": 1}, [1, 3, 5, 7, 9, 11]),
    ({"burst_enter": 1, "burst_leave": 1, "gap_probability": 1}, list(range(1, 13))),
    ({"burst_enter": 1, "burst_leave": 1, "every": 2}, [2, 6, 10]),
    (
        {"burst_enter": 1, "burst_leave": 1, "burst_probability": 0, "gap_probability": 1},
        [2, 4, 6, 8, 10, 12],
    ),
]


@pytest.mark.parametrize(("asked", "places"), COUNTED, ids=[str(asked) for asked, _ in COUNTED])
def test_packets_are_picked_by_count(asked: dict[str, Any], places: list[int]) -> None:
    assert taken(TWELVE, **asked) == places


A, B = datagram(ports=(1, 80)), datagram(ports=(2, 80))


def test_counting_is_for_each_flow_or_all_together() -> None:
    packets = [A, B, B, A, A, B, B, A]
    assert taken(packets, nth=2) == [2]
    assert taken(packets, nth=2, per="fault") == [2]
    assert taken(packets, nth=2, per="flow") == [3, 4]
    assert taken(packets, first=1, per="flow") == [1, 2]
    assert taken(packets, every=2, per="flow") == [3, 4, 7, 8]
    assert taken(packets, after=3, per="flow") == [7, 8]
    assert taken(packets, after_bytes=10, nth=1, per="flow") == [5, 6]
    assert taken(packets, after_bytes=10, nth=2) == [6]  # the bytes are each flow's all the same


def test_a_new_connection_on_the_same_ports_is_counted_anew() -> None:
    def connection(isn: int) -> list[Packet]:
        data = [segment(ACK, b"data", sequence=isn + 1 + 4 * n) for n in range(3)]
        return [segment(SYN, sequence=isn), *data, segment(FIN | ACK, sequence=isn + 13)]

    packets = [*connection(100), *connection(5000)]
    assert taken(packets, first=1, per="flow") == [1, 6]
    # Also where no SYN matches.
    assert taken(packets, protocol="tcp", data=True, nth=2, per="flow") == [3, 8]
    assert taken(packets, tcp="fin", first=1, per="flow") == [5, 10]
    assert taken(packets, tcp="fin", after_bytes=11) == [5, 10]
    assert taken(packets, tcp="fin", after_bytes=12) == []
    assert taken(packets, protocol="tcp", data=True, after_bytes=4) == [3, 4, 8, 9]


def test_bytes_that_are_sent_again_do_not_count_twice() -> None:
    first, second = segment(ACK, b"x" * 10), segment(ACK, b"x" * 10, sequence=11)
    packets = [segment(SYN, sequence=0), first, first, first, second, first]
    assert taken(packets, after_bytes=10) == [5]


def test_packets_of_other_protocols_and_ports_do_not_number_the_flows() -> None:
    """Else a fate would depend on what else is diverted."""
    alone, among = (fault("drop", probability=0.5, per="flow", port=80) for _ in range(2))
    other = [segment(ports=(n, 9)) for n in range(5)]
    plain = fates(alone, [A, B] * 50)
    mixed = fates(
        among, [packet for pair in zip([A, B] * 50, other * 20, strict=True) for packet in pair]
    )
    assert mixed[::2] == plain
    assert not any(mixed[1::2])


def test_counted_come_before_random() -> None:
    packets = TWELVE * 1000
    every = [n for n in range(1, len(packets) + 1) if n % 10 == 0]
    both = taken(packets, every=10, probability=0.5)
    assert set(both) < set(every)
    assert 0.4 < len(both) / len(every) < 0.6
    assert len(taken(packets, first=100, probability=0.5)) in range(35, 66)


@pytest.mark.parametrize("probability", [0.001, 0.01, 0.3, 0.9])
def test_probability_is_kept_in_the_long_run(probability: float) -> None:
    packets = [A] * 50_000
    expected = len(packets) * probability
    deviation = (expected * (1 - probability)) ** 0.5
    assert abs(len(taken(packets, probability=probability)) - expected) < 4 * deviation


@pytest.mark.parametrize(
    ("asked", "loss", "length"),
    [
        ({"burst_enter": 0.02, "burst_leave": 0.2}, 0.02 / 0.22, 5),
        ({"burst_enter": 0.1, "burst_leave": 0.5}, 0.1 / 0.6, 2),
        (
            {"burst_enter": 0.05, "burst_leave": 0.2, "burst_probability": 0.6},
            0.6 * 0.05 / 0.25,
            None,
        ),
        (
            {"burst_enter": 0.05, "burst_leave": 0.2, "gap_probability": 0.1},
            0.05 / 0.25 + 0.1 * 0.2 / 0.25,
            None,
        ),
    ],
)
def test_bursts_lose_as_much_and_as_long_as_gilbert_and_elliott_say(
    asked: dict[str, float], loss: float, length: float | None
) -> None:
    lost = fates(fault("drop", **asked), [A] * 200_000)
    assert sum(lost) / len(lost) == pytest.approx(loss, rel=0.07)
    if length:
        bursts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
        assert sum(lost) / bursts == pytest.approx(length, rel=0.07)


def test_flows_have_dice_and_bursts_of_their_own() -> None:
    asked: dict[str, Any]
    for asked in ({"probability": 0.5}, {"burst_enter": 0.2, "burst_leave": 0.3}):
        mixed = fates(fault("drop", **asked, per="flow"), [A, B] * 500)
        alone = fates(fault("drop", **asked, per="flow"), [A] * 500)
        assert mixed[::2] == alone
        assert mixed[1::2] != alone


@given(st.lists(st.integers(0, 3), max_size=200))
def test_fate_of_a_flow_does_not_depend_on_the_others(turns: list[int]) -> None:
    """But for the order in which they were first seen."""
    flows = [datagram(ports=(n, 80)) for n in range(4)]
    packets = [*flows, *(flows[n] for n in turns)]
    asked = {"probability": 0.3, "per": "flow", "after": 1}
    lost = fates(fault("drop", **asked), packets)
    for n, packet in enumerate(flows):
        mine = [fate for fate, other in zip(lost, packets, strict=True) if other is packet]
        in_a_row = fates(fault("drop", **asked), [*flows, *[packet] * (len(mine) - 1)])
        assert mine[1:] == in_a_row[4:], n


def test_seeds_rules_links_and_twins_have_other_fates() -> None:
    packets = [A] * 200
    made = [Fault("drop", {"probability": 0.5, "seed": seed}) for seed in (1, 2, 1, 1)]
    made[2].seed_for("server", 0)
    made[3].seed_for("server", 1)
    made.append(Fault("drop", {"probability": 0.51}))
    found = [tuple(fates(one, packets)) for one in made]
    assert len(set(found)) == len(found)


def test_the_same_fault_has_the_same_fates_however_it_is_asked_for() -> None:
    packets = [A] * 200
    same: list[dict[str, Any]] = [
        {"probability": 0.5},
        {"probability": 0.5, "seed": 1, "per": "fault", "port": None},
        {"seed": 1.0, "probability": 0.5},
    ]
    assert len({tuple(fates(fault("drop", **asked), packets)) for asked in same}) == 1


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"nth": 1, "first": 1}, "nth and first: choose one way to count"),
        ({"nth": 1, "every": 1}, "nth and every: choose one way to count"),
        ({"every": 2, "first": 1}, "first and every: choose one way to count"),
        ({"burst_enter": 0.1}, "burst_enter and burst_leave: give both, or none"),
        ({"burst_leave": 0.1}, "burst_enter and burst_leave: give both, or none"),
        ({"burst_probability": 0.1}, "bursts: give burst_enter and burst_leave, too"),
        ({"gap_probability": 0}, "bursts: give burst_enter and burst_leave, too"),
        (
            {"burst_enter": 0.1, "burst_leave": 0.1, "probability": 0.1},
            "probability and bursts: choose one of them",
        ),
        ({"first": 0}, "first 0: must be a whole number from 1 to 1000000000000"),
        ({"probability": 1.1}, "probability 1.1: must be a number from 0 to 1"),
    ],
)
def test_contradictions_are_refused(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Fault("drop", asked)
    assert str(caught.value) == f"drop: {why}"
