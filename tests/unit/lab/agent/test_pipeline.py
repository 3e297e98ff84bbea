"""The way of packets through the faults of a link: order, times, and faults that come and go."""

from lab.agent.wire.impairments import Stage, load, names
from lab.agent.wire.pipeline import Pipeline
from lab.net import checksum
from lab.net.packet import parse
from tests.unit.lab.agent.wire_faults import MS, datagram, fault, out, pipeline, segment

A, B, C, D = (bytes([letter]) for letter in b"abcd")
SEGMENTS = [(1, b"hello"), (6, b"world")]
PACKET = datagram(b"x" * 972)  # of 1000 bytes: 1 ms at 8 Mbit/s


def arrive(link: Pipeline, *ids: bytes, at_ms: float = 0) -> list[str]:
    return [one for id_ in ids for one in out(link.arrive(id_, PACKET, round(at_ms * MS)))]


def due(link: Pipeline, at_ms: float) -> list[str]:
    return out(link.due(round(at_ms * MS)))


def times(link: Pipeline) -> dict[str, float]:
    """Let all packets out by their own times; return in ms when each was due."""
    found = {}
    while (due_ns := link.next_due_ns()) is not None:
        for one in link.due(due_ns):
            assert one.at_ns == due_ns
            found[one.id.decode()] = due_ns / MS
    return found


def test_without_faults_packets_are_due_as_they_come() -> None:
    link = Pipeline()
    assert arrive(link, A, B) == ["a", "b"]
    assert link.next_due_ns() is None
    assert due(link, 1000) == []


def test_faults_stand_in_the_order_of_their_stages_then_of_adding() -> None:
    names_ = ["delay", "rate", "reorder", "duplicate", "slice", "corrupt", "reject", "drop"]
    needed: dict[str, dict[str, float]] = {"delay": {"delay_ms": 1}, "rate": {"rate_bps": 8e6}}
    needed["slice"] = {"size_bytes": 1}
    link = pipeline(*(fault(name, **needed.get(name, {})) for name in names_))
    assert [one.name for one in link.faults] == [
        *("reject", "drop", "corrupt", "slice", "duplicate", "reorder", "rate", "delay"),
    ]


def test_stages_of_the_impairments() -> None:
    by_stage: dict[Stage, list[str]] = {}
    for name in names():
        by_stage.setdefault(load(name).STAGE, []).append(name)
    assert dict(sorted(by_stage.items())) == {
        Stage.END: ["drop", "mtu", "observe", "reject", "reset"],
        Stage.CHANGE: ["corrupt", "replace"],
        Stage.SPLIT: ["slice"],
        Stage.DUPLICATE: ["duplicate"],
        Stage.ORDER: ["reorder"],
        Stage.RATE: ["rate"],
        Stage.DELAY: ["delay"],
    }


def test_a_lost_packet_meets_no_later_fault() -> None:
    faults = [
        fault("drop", nth=2),
        fault("drop", nth=2),
        fault("duplicate"),
        fault("delay", delay_ms=0),
    ]
    assert arrive(pipeline(*faults), A, B, C, D) == ["a", "-b", "-c", "d"]
    assert [one.matched_packets for one in faults] == [4, 3, 2, 2]


def test_a_packet_that_the_queue_has_no_room_for_meets_no_delay() -> None:
    rate, delay = fault("rate", rate_bps=8e6, limit_packets=0), fault("delay", delay_ms=5)
    link = pipeline(delay, rate)
    assert arrive(link, A, B) == ["-b"]
    assert times(link) == {"a": 6}
    assert delay.matched_packets == 1


def test_delays_add_up_exactly() -> None:
    link = pipeline(
        fault("delay", delay_ms=50), fault("delay", delay_ms=0.125), fault("rate", rate_bps=8e6)
    )
    assert arrive(link, A, B) == []
    assert arrive(link, C, at_ms=1.5) == []
    assert times(link) == {"a": 51.125, "b": 52.125, "c": 53.125}


def test_delays_add_up_exactly_when_the_timers_are_late() -> None:
    link = pipeline(
        fault("delay", delay_ms=50), fault("delay", delay_ms=20), fault("rate", rate_bps=8e6)
    )
    arrive(link, A, B)
    assert due(link, 53) == []  # a and b had their first turn at 51 and 52
    assert link.next_due_ns() == 71 * MS
    assert times(link) == {"a": 71, "b": 72}


def test_late_timers_do_not_change_the_order() -> None:
    link = pipeline(fault("delay", delay_ms=5, first=1), fault("delay", delay_ms=5))
    arrive(link, A)
    arrive(link, B, at_ms=5.5)
    late = link.due(60 * MS)
    assert [(one.id, one.at_ns) for one in late] == [(A, 10 * MS), (B, round(10.5 * MS))]


def test_what_is_due_comes_before_what_arrives() -> None:
    link = pipeline(fault("delay", delay_ms=5, first=1))
    arrive(link, A)
    assert arrive(link, B, at_ms=4) == ["b"]
    assert arrive(link, C, at_ms=5) == ["a", "c"]


def test_a_new_fault_is_for_packets_that_come_later() -> None:
    link = pipeline(fault("delay", delay_ms=5))
    arrive(link, A)
    drop = fault("drop")
    link.add(drop, 0)
    link.add(fault("delay", delay_ms=100), 0)
    assert arrive(link, B, at_ms=1) == ["-b"]
    assert times(link) == {"a": 5}
    assert drop.matched_packets == 1


def test_what_a_removed_fault_kept_goes_on_in_order_and_once() -> None:
    delay = fault("delay", delay_ms=50, jitter_ms=50, overtake=True)
    link = pipeline(delay)
    ids = [bytes([letter]) for letter in range(ord("a"), ord("z"))]
    early = arrive(link, *ids)
    released = out(link.lift(delay, 1 * MS))
    assert early + released != []
    assert released == sorted(released)
    assert sorted(early + released) == [id_.decode() for id_ in ids]
    assert link.next_due_ns() is None
    assert due(link, 1000) == []
    assert arrive(link, A, at_ms=1001) == ["a"]


def test_what_another_fault_keeps_stays_when_one_is_removed() -> None:
    rate, delay = fault("rate", rate_bps=8e6), fault("delay", delay_ms=10)
    link = pipeline(rate, delay)
    arrive(link, A, B, C)
    due(link, 1)  # a is delayed now, until 11
    assert out(link.lift(rate, 3 * MS // 2)) == []
    assert times(link) == {"a": 11, "b": 11.5, "c": 11.5}


def test_after_a_slow_fault_is_lifted_the_others_are_as_quick_as_ever() -> None:
    rate, delay = fault("rate", rate_bps=8e3), fault("delay", delay_ms=50)
    link = pipeline(rate, delay)
    arrive(link, A, B, C)  # three seconds' worth
    assert out(link.lift(rate, 10 * MS)) == []
    assert arrive(link, D, at_ms=20) == []
    assert times(link) == {"a": 60, "b": 60, "c": 60, "d": 70}


def test_a_removed_delay_lets_go_of_its_own_only() -> None:
    first, second = fault("delay", delay_ms=50), fault("delay", delay_ms=20)
    link = pipeline(first, second)
    arrive(link, A)
    arrive(link, B, at_ms=40)
    due(link, 50)
    assert out(link.lift(first, 55 * MS)) == []
    assert times(link) == {"a": 70, "b": 75}


def test_a_packet_that_waits_skips_faults_that_were_removed_meanwhile() -> None:
    first, second = fault("delay", delay_ms=50), fault("delay", delay_ms=20)
    link = pipeline(first, second)
    arrive(link, A)
    assert link.lift(second, 1 * MS) == []
    assert times(link) == {"a": 50}
    assert second.matched_packets == 0


def test_removing_gives_what_was_due_first() -> None:
    long, short = fault("delay", delay_ms=50, nth=1), fault("delay", delay_ms=5, first=1)
    link = pipeline(long, short)
    arrive(link, A)  # kept by the first
    arrive(link, B, at_ms=1)  # kept by the second, until 6
    assert out(link.lift(long, 10 * MS)) == ["b", "a"]


def test_reordered_packets_go_on_to_the_faults_behind() -> None:
    link = pipeline(
        fault("reorder", first=1), fault("rate", rate_bps=8e6), fault("delay", delay_ms=5)
    )
    assert arrive(link, A, at_ms=0) == []
    assert arrive(link, B, at_ms=3) == []
    assert times(link) == {"b": 9, "a": 10}


def test_a_held_packet_goes_on_when_its_fault_is_removed() -> None:
    reorder, delay = fault("reorder", first=2, gap=9), fault("delay", delay_ms=5)
    link = pipeline(reorder, delay)
    arrive(link, A, B)
    assert out(link.lift(reorder, 3 * MS)) == []
    assert arrive(link, C, at_ms=3) == []
    assert list(times(link)) == ["a", "b", "c"]


def test_a_held_packet_goes_on_when_it_was_held_long_enough() -> None:
    link = pipeline(fault("reorder", first=1, hold_ms=7), fault("delay", delay_ms=5))
    arrive(link, A)
    assert due(link, 8) == []
    assert arrive(link, B, at_ms=9) == []  # does not free a again
    assert times(link) == {"a": 12, "b": 14}


def test_a_packet_that_was_passed_does_not_come_again_when_its_time_is_up() -> None:
    link = pipeline(fault("reorder", first=1, hold_ms=7))
    arrive(link, A)
    assert arrive(link, B, at_ms=1) == ["b", "a"]
    assert due(link, 100) == []
    held = fault("reorder", first=1, hold_ms=7)
    link.add(held, 0)
    arrive(link, C, at_ms=100)
    assert out(link.lift(held, 101 * MS)) == ["c"]
    assert due(link, 200) == []


def test_two_reorders_do_not_lose_each_others_packets() -> None:
    link = pipeline(fault("reorder", nth=1), fault("reorder", nth=1))
    # a is held by the first; b frees it, and is held by the second; a, coming after, frees b.
    assert arrive(link, A) == []
    assert arrive(link, B) == ["a", "b"]
    assert arrive(link, C) == ["c"]
    assert link.next_due_ns() is None


def test_a_fault_that_begins_within_a_segment_cuts_it_there() -> None:
    link = pipeline(fault("drop", protocol="tcp", after_bytes=7))
    first, second = (
        parse(checksum.mended(segment(payload=data, sequence=at))) for at, data in SEGMENTS
    )
    (whole,) = link.arrive(A, first, 0)
    assert (whole.id, whole.lost, whole.data) == (A, False, None)
    before, beyond = link.arrive(B, second, MS)
    assert (before.id, before.lost, beyond.id, beyond.lost) == (B, False, b"", True)
    pieces = [one.current for one in (before, beyond)]
    assert [one.data[one.payload_at :] for one in pieces] == [b"wo", b"rld"]
    assert [one.sequence for one in pieces] == [second.sequence, second.sequence + 2]
    assert all(checksum.is_right(one) for one in pieces)
    (again,) = link.arrive(C, parse(beyond.current.data), 2 * MS)
    assert again.lost


def test_a_datagram_is_never_cut() -> None:
    link = pipeline(fault("drop", after_bytes=3))
    assert out(link.arrive(A, datagram(b"hello"), 0)) == ["-a"]
