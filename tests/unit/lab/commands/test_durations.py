"""Durations as commands take them: one way for all of them."""

import argparse

import pytest

from lab.commands import durations


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        *(("500ms", 500), ("30s", 30_000), ("2m", 120_000), ("1.5h", 5_400_000), ("10", 10_000)),
        *(("0.5", 500), (".5s", 500), ("1ms", 1), ("8760h", 365 * 24 * 3_600_000)),
    ],
)
def test_duration_has_a_unit_or_is_in_seconds(text: str, milliseconds: float) -> None:
    assert durations.milliseconds(text) == milliseconds
    assert durations.seconds(text) == milliseconds / 1000


@pytest.mark.parametrize(
    "text",
    [
        *("soon", "", "s", "-1s", "1d", "1 s", "nan", "inf", "1e3", "0", "0ms", "0.9ms"),
        *("9999999h", "8761h", "9" * 400 + "h"),
    ],
)
def test_another_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        durations.milliseconds(text)
    line = str(refused.value)
    allowed = "a duration like 500ms, 1.5s or 1m30s, in ns, us, ms, s, m, h, or a number of seconds"
    assert line.endswith(f": must be {allowed}, from 1ms to 8760h")
    assert len(line) < 190
