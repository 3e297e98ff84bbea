"""Pieces of an output become lines, whatever the cuts; what is lost is said."""

import itertools

import pytest

from lab.api import outputs
from lab.api.outputs import Line, Piece, Printed, lines
from lab.model import PrintedLine

TEXT = b"one\n\ntwo and more\nlast"


def whole(data: bytes, lost_bytes: int = 0) -> Line:
    return Line(data, lost_bytes, finished=True)


def test_lines_are_the_same_wherever_the_pieces_are_cut() -> None:
    expected = [whole(b"one"), whole(b""), whole(b"two and more"), Line(b"last", 0, False)]
    for first, second in itertools.combinations(range(len(TEXT) + 1), 2):
        cut = [TEXT[:first], TEXT[first:second], TEXT[second:]]
        assert list(lines(map(Piece, cut))) == expected


@pytest.mark.parametrize("pieces", [[], [Piece(b"")]])
def test_nothing_has_no_lines(pieces: list[Piece]) -> None:
    assert list(lines(pieces)) == []


def test_newline_at_the_end_begins_no_line() -> None:
    assert list(lines([Piece(b"a\n")])) == [whole(b"a")]


def test_line_whose_head_is_lost_is_left_out_and_counted_in_the_next() -> None:
    pieces = [Piece(b"lf a line\nwhole\nnext\n", lost_bytes=7)]
    assert list(lines(pieces)) == [whole(b"whole", 7), whole(b"next")]


def test_line_that_is_lost_in_the_middle_is_left_out() -> None:
    pieces = [Piece(b"a\nbegin"), Piece(b"end\nb\n", 5), Piece(b"c\n")]
    assert list(lines(pieces)) == [whole(b"a"), whole(b"b", 5), whole(b"c")]


def test_losses_before_the_same_line_add_up() -> None:
    pieces = [Piece(b"x", 5), Piece(b"y", 2), Piece(b"z\nwhole\n")]
    assert list(lines(pieces)) == [whole(b"whole", 7)]


def test_unfinished_line_without_its_head_is_left_out() -> None:
    assert list(lines([Piece(b"tail", 3)])) == []


def test_very_long_line_in_many_pieces() -> None:
    # Joined at each piece it would be 800 GB to copy.
    (line,) = lines(Piece(b"x" * 1000) for _ in range(40_000))
    assert line.data == b"x" * 40_000_000


def printed(*pieces: Piece) -> list[PrintedLine]:
    return list(Printed("server", lambda: iter(pieces)).lines())


def out(data: bytes, time_ns: int = 1, lost_bytes: int = 0) -> Piece:
    return Piece(data, lost_bytes, time_ns, "stdout")


def err(data: bytes, time_ns: int = 1) -> Piece:
    return Piece(data, 0, time_ns, "stderr")


def test_printed_lines_have_the_time_of_their_end_and_streams_do_not_mix() -> None:
    found = printed(out(b"wai", 1), err(b"Trace", 2), out(b"ting\n", 3), err(b"back\n\n", 4))
    assert found == [
        PrintedLine("server", "stdout", "waiting", 3),
        PrintedLine("server", "stderr", "Traceback", 4),
        PrintedLine("server", "stderr", "", 4),
    ]


def test_printed_lines_are_the_same_wherever_the_pieces_are_cut() -> None:
    for first, second in itertools.combinations(range(len(TEXT) + 1), 2):
        cut = [TEXT[:first], TEXT[first:second], TEXT[second:]]
        assert [line.text for line in printed(*map(out, cut))] == ["one", "", "two and more"]


def test_line_that_is_not_whole_comes_when_it_is_asked_for_again() -> None:
    pieces = [out(b"rea")]
    reading = Printed("server", lambda: iter(pieces))
    assert list(reading.lines()) == []
    pieces[:] = [out(b"dy\nnext")]
    assert [line.text for line in reading.lines()] == ["ready"]


def test_what_is_lost_is_counted_in_the_next_line_that_is_whole() -> None:
    found = printed(out(b"begun"), out(b"end\nwhole\nlast\n", lost_bytes=7))
    assert [(line.text, line.lost_bytes) for line in found] == [("whole", 7), ("last", 0)]


@pytest.mark.parametrize("cut", [1, 1000, 1 << 16])
def test_very_long_printed_line_comes_in_several(monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    monkeypatch.setattr(outputs, "_MOST_LINE_BYTES", 1000)
    data = b"x" * 2500 + b"\ny\n"
    found = printed(*(out(data[n : n + cut]) for n in range(0, len(data), cut)))
    assert [line.text for line in found] == ["x" * 1000, "x" * 1000, "x" * 500, "y"]
