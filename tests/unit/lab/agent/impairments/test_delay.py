"""Delays: how long, how they spread, and in which order packets come out."""

from statistics import fmean, pstdev
from typing import Any

import pytest

from lab.agent.wire.fault import Fault
from lab.net.parameters import ParameterError
from tests.unit.lab.agent.wire_faults import MS, datagram, fault, pipeline, transit

PACKET = datagram()


def delays_ms(packets: int, **asked: Any) -> list[float]:
    one, found = fault("delay", **asked), []
    for _ in range(packets):
        met = transit(PACKET)
        one.meet(met)
        found.append(met.at_ns / MS)
    return found


def test_without_jitter_each_is_delayed_by_the_same() -> None:
    assert set(delays_ms(100, delay_ms=50)) == {50}
    assert set(delays_ms(100, delay_ms=0.000001)) == {1 / MS}
    assert set(delays_ms(100, delay_ms=0)) == {0}
    assert set(delays_ms(100, delay_ms=600_000)) == {600_000}


@pytest.mark.parametrize("distribution", ["uniform", "normal", "pareto"])
def test_jitter_has_the_mean_and_the_deviation_that_were_asked_for(distribution: str) -> None:
    found = delays_ms(50_000, delay_ms=100, jitter_ms=10, distribution=distribution, overtake=True)
    deviation = 10 / 3**0.5 if distribution == "uniform" else 10
    assert fmean(found) == pytest.approx(100, abs=0.25)
    # Few and long delays make up much of Pareto's deviation.
    assert pstdev(found) == pytest.approx(deviation, rel=0.15 if distribution == "pareto" else 0.02)
    ends = {"uniform": (90, 110), "normal": (40, 160), "pareto": (94, 1000)}[distribution]
    assert ends[0] <= min(found) < max(found) <= ends[1]


def test_distributions_have_their_shapes() -> None:
    asked: dict[str, Any] = {"delay_ms": 100, "jitter_ms": 10, "overtake": True}
    within = {}
    for name in ("uniform", "normal", "pareto"):
        found = delays_ms(20_000, **asked, distribution=name)
        within[name] = sum(delay < 100 for delay in found) / len(found)
    assert within["uniform"] == pytest.approx(0.5, abs=0.015)
    assert within["normal"] == pytest.approx(0.5, abs=0.015)
    assert within["pareto"] == pytest.approx(1 - (2 / 3) ** 3, abs=0.015)


def test_nothing_comes_before_it_was_sent() -> None:
    for name in ("uniform", "normal", "pareto"):
        found = delays_ms(5000, delay_ms=10, jitter_ms=10, distribution=name, overtake=True)
        assert min(found) >= 0


def order(**asked: Any) -> list[bytes]:
    link, found = pipeline(fault("delay", **asked)), []
    for n in range(500):
        found += link.arrive(n.to_bytes(2, "big"), PACKET, n * MS)
    while (due_ns := link.next_due_ns()) is not None:
        found += link.due(due_ns)
    assert [one.at_ns for one in found] == sorted(one.at_ns for one in found)
    return [one.id for one in found]


def test_order_is_kept_or_not_as_asked_for() -> None:
    asked = {"delay_ms": 20, "jitter_ms": 20}
    kept, lost = order(**asked), order(**asked, overtake=True)
    assert kept == sorted(kept) == sorted(lost)
    assert lost != sorted(lost)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({}, "delay_ms: must be given, a number from 0 to 600000"),
        ({"delay_ms": -1}, "delay_ms -1: must be a number from 0 to 600000"),
        ({"delay_ms": 5, "jitter_ms": 6}, "jitter_ms 6: must be at most delay_ms 5"),
        (
            {"delay_ms": 5, "overtake": True},
            "overtake: needs jitter_ms; equal delays keep the order",
        ),
    ],
)
def test_contradictions_are_refused(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Fault("delay", asked)
    assert str(caught.value) == f"delay: {why}"
