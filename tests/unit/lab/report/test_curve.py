"""The curve of a transfer: all bytes that came are under it, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.report.curve import BINS, Curve, curve, rate, size, spoken, strip_words, ticks
from lab.report.model import Packet
from lab.report.plot import plot

MS = 1_000_000


def packet(at_ms: float, length: int = 1000, *fates: str, **more: object) -> Packet:
    time_ns = round(at_ms * MS)
    fields: dict[str, object] = {
        "number": 0,
        "time_ns": time_ns,
        "delivered_ns": time_ns,
        "connection": 0,
    }
    fields |= {"label": "ACK", "length": length, "source": "client", "target": "server"}
    return Packet(**(fields | {"fates": fates or ("delivered",)} | more))  # type: ignore[arg-type]


def steady(count: int = 800) -> list[Packet]:
    """Return a packet of 1,000 bytes in each millisecond: 8 Mbit/s."""
    return [packet(number) for number in range(count)]


def test_steady_flow_has_its_rate_all_the_way() -> None:
    (series,) = curve(steady()).series
    assert (series.source, series.target, series.bytes) == ("client", "server", 800_000)
    assert len(series.bps) == BINS
    assert all(value == pytest.approx(8e6, rel=0.15) for value in series.bps)


def test_direction_without_payload_has_its_packets_and_no_rate() -> None:
    back = [packet(5, 0, source="server", target="client") for _ in range(3)]
    one, other = curve([*steady(), *back]).series
    assert (other.packets, other.bytes, other.peak_bps) == (3, 0, 0)
    assert one.target == "server"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1000), st.integers(0, 1500), st.booleans(), st.integers(1, 3)),
        min_size=1,
        max_size=200,
    )
)
def test_all_that_was_delivered_is_under_the_curve(
    sent: list[tuple[int, int, bool, int]],
) -> None:
    packets, came = [], 0
    for at_ms, length, is_lost, times in sorted(sent):
        lost = {"delivered_ns": None} if is_lost else {}
        fates = ("dropped",) if is_lost else ("delivered",)
        packets.append(packet(at_ms, length, *fates, times=times, **lost))
        came += 0 if is_lost else length * times
    found = curve(packets)
    assert sum(one.bytes for one in found.series) == came
    area = sum(value * found.lasted_s / BINS for one in found.series for value in one.bps)
    assert area == pytest.approx(8 * came)


def test_late_packet_counts_when_it_comes() -> None:
    late = packet(0, 1000, "delivered", "late", delivered_ns=799 * MS)
    (series,) = curve([late, packet(1, 0), packet(799, 0)]).series
    assert [number for number, value in enumerate(series.bps) if value] == [BINS - 1]


def test_what_happened_is_counted_where_it_happened() -> None:
    lost = packet(400, 1000, "dropped", delivered_ns=None)
    again = packet(600, marks=("retransmission",))
    found = curve([*steady()[:400], lost, *steady()[401:600], again, *steady()[601:]])
    strips = {one.effect: one for one in found.strips}
    assert [*strips] == ["dropped", "retransmission"]
    assert [n for n, count in enumerate(strips["dropped"].counts) if count] == [40]
    assert [n for n, count in enumerate(strips["retransmission"].counts) if count] == [60]
    assert strip_words(strips["retransmission"]) == "1 retransmission"


def test_it_is_read_out() -> None:
    said = spoken(curve(steady()), 800)
    assert said.startswith("800 packets in 799 ms; client to server 800 kB, mean 8.01 Mbit/s, peak")


def test_packets_of_one_moment_have_a_curve() -> None:
    found = curve([packet(5), packet(5)])
    assert found.ended_ns > found.began_ns
    assert plot(found, 2, (300, 280), 0).lines


@pytest.mark.parametrize(
    ("bps", "said"),
    [(0, "0 bit/s"), (999, "999 bit/s"), (160e6, "160 Mbit/s"), (1.54e9, "1.54 Gbit/s")],
)
def test_rates_are_said_with_their_unit(bps: float, said: str) -> None:
    assert rate(bps) == said


def test_sizes_are_said_with_their_unit() -> None:
    assert [size(count) for count in (0, 1, 560, 49_900_000)] == [
        *("0 bytes", "1 byte", "560 bytes", "49.9 MB"),
    ]


@settings(deadline=None)
@given(st.floats(1e-6, 1e12), st.integers(2, 8))
def test_ticks_reach_the_top_and_are_few(top: float, most: int) -> None:
    found = list(ticks(top, most))
    assert found[0] == 0
    assert found[-1] >= top * 0.999999
    assert found[-2] < top
    assert len(found) <= most + 2


@settings(deadline=None)
@given(st.integers(280, 500), st.integers(1, 4))
def test_all_of_a_plot_is_in_its_box(room: int, ways: int) -> None:
    packets = [
        packet(number, source=f"a-long-name-{number % ways}", marks=("retransmission",))
        for number in range(500)
    ]
    found: Curve = curve(packets)
    drawn = plot(found, 500, (400, room), 0)
    assert (drawn.x, drawn.width) == (400 - room // 2, room)
    for text in (*drawn.texts, *drawn.numbers):
        assert drawn.x <= text.x <= drawn.x + drawn.width
        assert 0 < text.y < drawn.height
    assert len(drawn.lines) == len(found.series) == ways
