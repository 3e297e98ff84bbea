"""What is kept of a host's outputs: the end of them, in stretches of one stream and one time."""

import pytest

from lab.engines.namespaces.supervisor import outputs
from lab.engines.namespaces.supervisor.outputs import Output, Stretch


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Output:
    """Return an output of 15 bytes, of which 5 are too old."""
    monkeypatch.setattr(outputs, "_MOST_BYTES", 10)
    made = Output()
    made.add(b"abcdefgh")
    made.add(b"ijklmno")
    return made


def test_output_is_read_in_pieces() -> None:
    made = Output()
    assert made.from_(0, 10) == (b"", 0)
    made.add(b"hello ")
    made.add(b"")
    made.add(b"world")
    assert made.end() == 11
    assert made.from_(0, 4) == (b"hell", 4)
    assert made.from_(4, 100) == (b"o world", 11)
    assert made.from_(11, 100) == (b"", 11)
    assert made.from_(4, 0) == (b"", 4)


def test_output_that_is_too_old_is_dropped(output: Output) -> None:
    assert output.end() == 15
    assert output.from_(0, 100) == (b"fghijklmno", 15)


def test_positions_count_from_the_very_first_byte(output: Output) -> None:
    assert output.from_(5, 3) == (b"fgh", 8)
    assert output.from_(8, 100) == (b"ijklmno", 15)
    assert output.from_(14, 100) == (b"o", 15)


def test_reading_from_what_was_dropped_goes_on_at_what_is_kept(output: Output) -> None:
    assert output.from_(2, 3) == (b"fgh", 8)
    assert output.from_(4, 1) == (b"f", 6)


def test_reading_at_the_end_waits_there(output: Output) -> None:
    assert output.from_(15, 100) == (b"", 15)
    output.add(b"pq")
    assert output.from_(15, 100) == (b"pq", 17)


def test_piece_greater_than_all_that_is_kept(output: Output) -> None:
    output.add(b"0123456789" * 3)
    assert output.end() == 45
    assert output.from_(0, 100) == (b"0123456789", 45)


def test_nothing_is_dropped_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_MOST_BYTES", 4)
    made = Output()
    made.add(b"abcd")
    assert made.from_(0, 10) == (b"abcd", 4)
    made.add(b"e")
    assert made.from_(0, 10) == (b"bcde", 5)


def stretches(made: Output) -> list[tuple[bytes, int, int]]:
    found, position = [], 0
    while piece := made.stretch_from(position, 1000):
        found.append((piece.data, piece.time_ns, piece.stream))
        position = piece.end
    return found


def test_stretches_have_their_streams_and_times() -> None:
    made = Output()
    assert made.stretch_from(0, 10) is None
    made.add(b"one", 1_000_000, 0)
    made.add(b" and more", 1_000_001, 0)  # at the same time, as people see it
    made.add(b"error", 1_000_002, 1)
    made.add(b"late", 9_000_000, 1)
    expected = [(b"one and more", 1_000_000, 0), (b"error", 1_000_002, 1), (b"late", 9_000_000, 1)]
    assert stretches(made) == expected
    assert made.stretch_from(4, 3) == Stretch(b"and", 7, 1_000_000, 0)


def test_last_line_of_what_has_ended_is_whole() -> None:
    made = Output()
    made.add(b"half", 1, 0)
    made.add(b"whole\n", 2, 1)
    made.finish_line(0, 3)
    made.finish_line(0, 4)
    made.finish_line(1, 4)
    made.add(b"next", 5, 0)
    assert made.from_(0, 100)[0] == b"halfwhole\n\nnext"


def test_stretches_that_are_too_old_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_MOST_BYTES", 10)
    made = Output()
    for number in range(1000):
        made.add(b"%03d" % number, number * 1_000_000, number % 2)
    assert stretches(made) == [
        (b"6", 996_000_000, 0),
        *((b"%d" % n, n * 1_000_000, n % 2) for n in (997, 998, 999)),
    ]
    assert made.end() == 3000


def test_there_are_only_so_many_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_MOST_STRETCHES", 8)
    made = Output()
    for number in range(100):
        made.add(b"%02d" % number, number * 1_000_000, 0)
    found = stretches(made)
    assert 4 <= len(found) <= 8
    assert found == [(b"%02d" % n, n * 1_000_000, 0) for n in range(100 - len(found), 100)]
