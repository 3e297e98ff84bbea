"""Words stay in their room: they go on in another line, or are cut, and the telling ones stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.report.wrapping import BELOW, Parts, lines, width, wrap

CALL = (
    ("name", "recv"),
    ("arrow", "\N{RIGHTWARDS ARROW}"),
    ("gave", "\u201cGET /a/rather/long\u201d"),
)
PACKET = (("label", "PSH-ACK 1:58 ack 1 len 57"), ("fate", "dropped"), ("by", "(loss)"))
FAULT = (("fault", "fault outage:"), ("what", "drop (tcp syn)"), (f"what{BELOW}", "on a \u2192 b"))


def text(parts: Parts) -> str:
    return "\n".join(" ".join(word for _, word in line) for line in lines(parts))


def test_what_fits_stays_as_it_is() -> None:
    for parts in (CALL, PACKET, FAULT):
        assert wrap(parts, width(parts)) is parts


def test_words_go_on_in_another_line_where_there_may_be_one() -> None:
    room = width(PACKET) - 1
    assert text(wrap(PACKET, room, 2)) == "PSH-ACK 1:58 ack 1 len 57 dropped\n(loss)"
    assert text(wrap(PACKET, 200, 2)) == "PSH-ACK 1:58 ack 1 len 57\ndropped (loss)"


def test_what_tells_least_is_cut_first() -> None:
    parts = (("name", "sendall"), ("about", "\u201cGET /a/rather/long\u201d"), ("gave", "ok"))
    assert text(wrap(parts, width(parts) - 40)) == "sendall \u201cGET /a/rat\u2026\u201d ok"


def test_line_that_words_begin_themselves_is_never_left_out() -> None:
    assert text(wrap(FAULT, width(FAULT) - 1, 3)).split("\n") == [
        *("fault outage:", "drop (tcp syn)", "on a \u2192 b"),
    ]


@pytest.mark.parametrize("most", [1, 2])
def test_one_endless_word_is_cut(most: int) -> None:
    (line,) = lines(wrap((("label", "x" * 500),), 300, most))
    assert line[0][1].endswith("\u2026")
    assert width(line) <= 300


WORDS = st.tuples(
    st.sampled_from(["name", "about", "gave", "label", "mark", "fate", "by", "said", "note"]),
    st.text("abc XYZ.\u2192mw0", min_size=1, max_size=80),
)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.integers(120, 500), st.integers(1, 3))
def test_no_line_is_ever_wider_than_its_room(
    parts: list[tuple[str, str]], room: int, most: int
) -> None:
    wrapped = wrap(tuple(parts), room, most)
    assert len(lines(wrapped)) <= most
    assert width(wrapped) <= room + 15  # an ellipsis after words that were left out
