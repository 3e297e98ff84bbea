"""Bytes as people type them."""

import pytest

from lab.net.data import Data, Pattern, in_words


@pytest.mark.parametrize(
    ("text", "data"), [("hex:00ff", b"\x00\xff"), ("hello", b"hello"), ("hex", b"hex"), ("", b"")]
)
def test_what_is_typed_is_data_and_is_shown_as_it_was_typed(text: str, data: bytes) -> None:
    asked = Data.from_words(text)
    assert Data.read(asked) == data
    assert in_words(asked) == text


def test_a_pattern_is_what_is_typed() -> None:
    assert Pattern.read(Pattern.from_words("hex:..")).pattern == b"hex:.."
