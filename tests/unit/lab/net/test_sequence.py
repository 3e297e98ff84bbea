"""Sequence numbers begin again after 2**32."""

from hypothesis import given
from hypothesis import strategies as st

from lab.net import sequence

numbers = st.integers(0, 2**32 - 1)


@given(numbers, st.integers(-(2**31), 2**31 - 1))
def test_what_is_so_far_after_a_number_has_that_distance(number: int, size: int) -> None:
    assert sequence.distance(sequence.after(number, size), number) == size


def test_around_the_end() -> None:
    assert sequence.after(2**32 - 1, 2) == 1
    assert sequence.distance(1, 2**32 - 1) == 2
    assert sequence.distance(2**32 - 1, 1) == -2
    assert sequence.distance(2**31, 0) == -(2**31)
