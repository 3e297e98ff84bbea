"""The picture: a row for each thing, in order; arrows that end where their packets did."""

from pathlib import Path

import pytest

from lab.agent.wire.impairments import in_words
from lab.evidence.events import FaultOff, Raised
from lab.report.arrows import arrow, fate_words
from lab.report.entries import Kind
from lab.report.geometry import RAIL, TIMES, lanes
from lab.report.hosts import in_order
from lab.report.model import Packet, Run
from lab.report.packet_text import tcp_flags
from lab.report.picture import draw
from lab.report.reading import read
from lab.report.row_text import links_words
from lab.report.shapes import Picture
from lab.report.topology import topology
from lab.report.wrapping import width
from tests import made_evidence as made
from tests.made_evidence import ACK, CLIENT, PSH, tcp

THERE = lanes(["client", "server"])


def packet(*fates: str, source: str = "client", target: str = "server", **more: object) -> Packet:
    fields = {"number": 0, "time_ns": 0, "delivered_ns": 0, "connection": 0, "label": "SYN"}
    fields |= {"length": 0, "source": source, "target": target, "fates": fates}
    return Packet(**(fields | more))  # type: ignore[arg-type]


def picture(folder: Path, *packets: made.Sent) -> Picture:
    every = [*made.handshake(), *packets]
    return draw(read(made.write(folder, packets=every)))


def test_rows_are_in_the_order_of_time(tmp_path: Path) -> None:
    drawn = picture(tmp_path)
    assert [row.key for row in drawn.rows] == [
        *("c0", "c1", "p0", "p1", "p2", "c1e", "l0", "f0", "p3", "c2", "c2e", "f0e"),
    ]
    assert [row.top for row in drawn.rows] == sorted(row.top for row in drawn.rows)
    assert [row.key for row in drawn.rows if row.fold_ns] == ["c2e"]
    assert [row.key for row in drawn.rows if row.is_key] == ["c2e"]


def test_a_short_call_is_one_row_and_a_long_one_two(tmp_path: Path) -> None:
    kinds = {row.key: row.kind for row in picture(tmp_path).rows}
    assert kinds["c0"] is Kind.CALL
    assert (kinds["c2"], kinds["c2e"]) == (Kind.CALL_BEGIN, Kind.CALL_END)


def test_bars_and_shades_reach_from_row_to_row(tmp_path: Path) -> None:
    drawn = picture(tmp_path)
    tops = {row.key: row.top for row in drawn.rows}
    spans = {(span.key, span.kind): span for span in drawn.spans}
    bar, shade = spans["c2", "bar open"], spans["f0", "shade"]
    assert tops["c2"] < bar.y1 < bar.y2 < drawn.height
    assert bar.y2 > tops["c2e"]
    assert (shade.x1, shade.x2) == drawn.lanes.xs
    assert shade.y1 > tops["f0"]
    assert shade.y2 > tops["f0e"]


def test_a_delivered_packet_reaches_the_other_lane() -> None:
    drawn = arrow(packet("delivered"), THERE)
    assert drawn
    assert (drawn.x1, drawn.x2) == (THERE.xs[0] + RAIL, THERE.xs[1] - RAIL)
    assert drawn.end == "head"


@pytest.mark.parametrize(("fate", "end"), [("dropped", "cross"), ("held", "stop")])
def test_what_never_came_ends_on_its_way(fate: str, end: str) -> None:
    for ends in (("client", "server"), ("server", "client")):
        drawn = arrow(packet(fate, source=ends[0], target=ends[1]), THERE)
        assert drawn
        assert drawn.end == end
        assert THERE.xs[0] + 50 < drawn.x2 < THERE.xs[1] - 50


def test_a_host_without_a_lane_has_no_arrows() -> None:
    assert arrow(packet("delivered", target="elsewhere"), THERE) is None


def test_a_late_packet_arrives_in_a_row_of_its_own(tmp_path: Path) -> None:
    late = (26, tcp(CLIENT, PSH | ACK, seq=106, ack=501, data=b"x"), made.late(30))
    drawn = picture(tmp_path, late)
    keys = [row.key for row in drawn.rows]
    assert keys.index("p4") < keys.index("c2") < keys.index("p4a")
    (flight,) = (span for span in drawn.spans if span.kind.startswith("flight"))
    assert (flight.first, flight.last) == ("p4", "p4a")
    assert flight.y2 > flight.y1 + 20


def test_many_packets_are_few_rows_and_none_is_lost(tmp_path: Path) -> None:
    flow = [
        (
            40 + number // 100,
            tcp(CLIENT, PSH | ACK, seq=106 + number, ack=501, data=b"x"),
            made.DELIVERED,
        )
        for number in range(5000)
    ]
    drawn = picture(tmp_path, *flow)
    assert len(drawn.rows) < 60
    alone = sum(row.kind is Kind.PACKET for row in drawn.rows)
    assert alone + sum(len(row.packets) for row in drawn.rows) == 5004


def test_fates_are_said_in_words() -> None:
    assert fate_words(packet("delivered")) == ""
    assert fate_words(packet("delivered", "late", late_ms=50.06)) == "50.1 ms late"
    assert fate_words(packet("delivered", "late", late_ms=1500.0)) == "1.50 s late"
    assert fate_words(packet("delivered", "duplicate", times=3)) == "delivered 3 times"
    assert fate_words(packet("dropped", ended="rejected")) == "rejected"
    became = packet("delivered", "changed", marks=("became RST-ACK",))
    assert fate_words(became) == "became RST-ACK"


def test_calls_at_the_same_time_stand_beside_each_other(tmp_path: Path) -> None:
    events = made.half_open()
    events.insert(
        -1,
        made.call(
            900, None, "client", "send", {"socket": "d", "data": "x"}, began_ms=800, result=1
        ),
    )
    drawn = draw(read(made.write(tmp_path, events)))
    one, other = (
        span for span in drawn.spans if span.kind.startswith("bar") and span.key in {"c2", "c3"}
    )
    assert one.x1 != other.x1


def test_hosts_that_talk_are_neighbours() -> None:
    packets = [
        packet("delivered", source="b", target="c"),
        packet("delivered", source="c", target="a"),
    ]
    order = in_order(["a", "b", "c", "d"], {"a", "b", "c"}, packets, [])
    assert order[1] == "c"
    assert "d" not in order


def test_faults_are_words_not_settings() -> None:
    assert in_words("drop", {"tcp": "syn", "first": 1, "last": None}) == "drop (tcp syn, first 1)"
    assert in_words("delay", {"delay_ms": 50, "jitter_ms": 5}) == "delay (50 ms, jitter 5 ms)"
    assert in_words("reset", {"to": "both", "after_bytes": 9}) == "reset (to both, after 9 bytes)"
    assert in_words("corrupt", {"data": True, "x": False}) == "corrupt (data)"
    assert in_words("drop", {}) == "drop every packet"
    assert in_words("pause", {}) == "pause"


def test_links_both_ways_are_one() -> None:
    both = links_words([("a", "b"), ("b", "a"), ("a", "c")])
    assert both == "a \N{LEFT RIGHT ARROW} b, a \N{RIGHTWARDS ARROW} c"


def test_flags_have_their_order() -> None:
    assert tcp_flags(0x12) == "SYN-ACK"
    assert tcp_flags(0) == "no flags"


def test_topology_marks_the_impaired_link_and_no_other(tmp_path: Path) -> None:
    found = topology(read(made.write(tmp_path)))
    marked = {edge.words: (bool(edge.fault), edge.is_cut) for edge in found.edges}
    arrow_sign = "\N{RIGHTWARDS ARROW}"
    assert marked == {
        f"client {arrow_sign} server": (True, True),
        f"server {arrow_sign} client": (False, False),
    }


def test_thousands_of_calls_are_few_rows_and_the_bad_one_is_among_them(tmp_path: Path) -> None:
    events = made.half_open()
    raised = Raised(name="EPIPE", errno=32, type="BrokenPipeError", text="broken")
    for number in range(3000):
        came = raised if number == 1500 else None
        sent = {"socket": "c", "data": "x"}
        at_ms = 1041 + number / 100
        call = made.call(
            at_ms, None, "client", "sendall", sent, began_ms=at_ms - 0.001, raised=came
        )
        events.insert(-1, call)
    drawn = draw(read(made.write(tmp_path, events)))
    assert len(drawn.rows) < 100
    assert "c1503" in {row.key for row in drawn.rows}


def many_calls(folder: Path) -> Run:
    events = made.half_open()
    for number in range(3000):
        at_ms = 1041 + number / 100
        sent = {"socket": "c", "data": "x" * 30}
        call = made.call(at_ms, None, "client", "send", sent, began_ms=at_ms - 0.001, result=30)
        events.insert(-1, call)
    return read(made.write(folder, events))


def test_groups_hold_every_call_once(tmp_path: Path) -> None:
    drawn = draw(many_calls(tmp_path))
    inside = [one.key for row in drawn.rows for one in row.inside]
    alone = [row.key for row in drawn.rows if row.kind is Kind.CALL]
    assert len(inside) == len(set(inside)) == 3001 - len(alone)


def test_no_group_stands_for_a_single_thing(tmp_path: Path) -> None:
    for row in draw(many_calls(tmp_path)).rows:
        if row.kind is Kind.GROUP:
            assert len(row.packets) + len(row.inside) > 1
            assert row.text
            assert "1 packets" not in " ".join(word for _, word in row.text.parts)


def test_late_packet_whose_arrival_stands_in_a_group_has_its_arrow(tmp_path: Path) -> None:
    # So many are dropped that none of them is notable, nor is an arrival among them.
    fates = [made.late(3), *[made.DROPPED] * 300]
    flow = [
        (40 + number // 10, tcp(CLIENT, PSH | ACK, seq=106 + number, ack=501, data=b"x"), fate)
        for number, fate in enumerate(fates)
    ]
    drawn = picture(tmp_path, *flow)
    rows = {row.key: row for row in drawn.rows}
    assert "p4a" not in rows
    assert rows["p4"].arrow
    assert rows["p4"].text
    assert rows["p4"].text.anchor == "middle"


def test_lanes_stand_where_the_words_beside_them_need(tmp_path: Path) -> None:
    short = draw(read(made.write(tmp_path / "short")))
    long = draw(read(made.write(tmp_path / "long", made.half_open(message="of syslog " * 4))))
    assert short.lanes.width < long.lanes.width
    for drawn in (short, long):
        for row in drawn.rows:
            if row.text and row.text.anchor == "start":
                assert row.text.x + width(row.text.parts) <= drawn.lanes.width
            elif row.text and row.text.anchor == "end":
                assert row.text.x - width(row.text.parts) >= TIMES


def test_what_is_read_out_is_not_cut(tmp_path: Path) -> None:
    message = "a long line of syslog \N{RIGHTWARDS ARROW} with an arrow in it, and more than fits"
    rows = {row.key: row for row in draw(read(made.write(tmp_path, made.half_open(message)))).rows}
    assert message in rows["l0"].spoken
    assert message not in " ".join(word for _, word in rows["l0"].text.parts)  # type: ignore[union-attr]
    assert rows["c2e"].spoken.endswith("still waiting after 1.000 s, when the lab stopped looking")


@pytest.mark.parametrize(
    ("step", "said"), [(None, "fault outage lasted to the end:"), (3, "fault outage lifted:")]
)
def test_only_what_a_step_lifts_is_said_to_be_lifted(
    tmp_path: Path, step: int | None, said: str
) -> None:
    events = made.changed(made.half_open(), FaultOff, step=step)
    rows = {row.key: row for row in draw(read(made.write(tmp_path, events))).rows}
    assert rows["f0e"].text
    assert rows["f0e"].text.parts[0] == ("fault", said)
