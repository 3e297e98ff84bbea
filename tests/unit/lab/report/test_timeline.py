"""From times to places, for any times."""

from itertools import chain, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.report import timeline
from lab.report.timeline import FOLD_HEIGHT, FOLD_NS, gap, groups, place

times = st.lists(st.tuples(st.integers(0, 10**11), st.integers(1, 60)), max_size=60).map(sorted)


@settings(deadline=None)
@given(times)
def test_rows_never_overlap_and_keep_their_order(rows: list[tuple[int, int]]) -> None:
    placed, bottom = place(rows, top=3)
    ends = [one.top + height for one, (_, height) in zip(placed, rows, strict=True)]
    for (above, below), end in zip(pairwise(placed), ends, strict=False):
        assert above.top < end <= below.top
    assert bottom == (ends[-1] if ends else 3)


@settings(deadline=None)
@given(times)
def test_a_fold_says_the_very_time_that_it_hides(rows: list[tuple[int, int]]) -> None:
    placed, _ = place(rows)
    for one, ((before, _), (after, _)) in zip(placed[1:], pairwise(rows), strict=True):
        quiet = after - before
        assert one.fold_ns == (quiet if quiet >= FOLD_NS else 0)


@settings(deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_more_time_never_has_less_room(one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert 0 <= gap(less) <= gap(more) <= FOLD_HEIGHT


items = st.lists(st.sampled_from(["packet", "lost", "call"]), max_size=400)


@settings(deadline=None)
@given(items)
def test_groups_hold_every_packet_once_and_in_order(kinds: list[str]) -> None:
    numbered = list(enumerate(kinds))
    found = groups(
        numbered, is_packet=lambda one: one[1] != "call", is_notable=lambda one: one[1] == "lost"
    )
    assert list(chain.from_iterable(found)) == numbered
    assert all(group for group in found)
    assert all(one[1] != "call" for group in found if len(group) > 1 for one in group)


def test_ten_thousand_packets_are_few_rows() -> None:
    found = groups(
        list(range(10_000)), is_packet=lambda _: True, is_notable=lambda one: one == 5000
    )
    assert len(found) < 70
    assert [5000] in found
    assert max(map(len, found)) <= 200


def test_a_short_row_of_packets_stays_as_it_is() -> None:
    found = groups(list(range(12)), is_packet=lambda _: True, is_notable=lambda _: False)
    assert found == [[number] for number in range(12)]


def test_many_notable_packets_are_grouped_like_any() -> None:
    found = groups(list(range(1000)), is_packet=lambda _: True, is_notable=lambda _: True)
    assert len(found) < 20
    assert timeline.GROUP_FROM > 12
