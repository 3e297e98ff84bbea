"""Streams are merged as their items come; an end or an error of one is not lost."""

import threading
from collections.abc import Iterator

import pytest

from lab.merging import merged


def test_items_of_every_stream_come_each_in_its_order() -> None:
    found = list(merged([range(100), range(100, 200)]))
    assert sorted(found) == list(range(200))
    assert [item for item in found if item < 100] == list(range(100))
    assert [item for item in found if item >= 100] == list(range(100, 200))


def test_a_stream_that_waits_holds_up_no_other() -> None:
    go_on = threading.Event()

    def waiting() -> Iterator[str]:
        assert go_on.wait(20)
        yield "late"

    items = merged([waiting(), ["early"]])
    assert next(items) == "early"
    go_on.set()
    assert list(items) == ["late"]


def test_more_than_may_be_on_the_way() -> None:
    assert sum(1 for _ in merged([range(5000), range(5000)])) == 10_000


def test_error_of_a_stream_comes_after_what_it_gave() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise KeyError("gone")

    items = merged([failing()])
    assert next(items) == 1
    with pytest.raises(KeyError, match="gone"):
        next(items)


def test_no_streams_end_at_once() -> None:
    assert list(merged([])) == []
