"""Durations: one syntax, one list of units and one message, wherever a duration is written."""

import argparse
import re
from pathlib import Path

import pytest

from lab.agent.call_server.values import Duration
from lab.commands import durations as command_durations
from lab.compose import values
from lab.errors import ScenarioError
from lab.net import durations
from lab.scenario.reader import read


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        *(("500ms", 0.5), ("1.5s", 1.5), ("2m", 120), ("1h", 3600), ("250us", 0.00025)),
        *(("1500ns", 1.5e-6), ("1m30s", 90), (".5s", 0.5), ("2.s", 2), ("0s", 0), ("900ms", 0.9)),
    ],
)
def test_a_duration_is_a_number_with_its_unit(text: str, duration_s: float) -> None:
    assert durations.seconds(text) == duration_s
    assert re.fullmatch(durations.PATTERN, text)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "1 s", "-1s", "+1s", "1d", "1e3s", ".s", "1s more", "x1s", "1S", "1s\n"]
)
def test_another_text_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{text!r} must be {durations.ALLOWED}")):
        durations.seconds(text)
    assert not re.fullmatch(durations.PATTERN, text)


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(ValueError, match="must be a duration") as refused:
        durations.seconds("9" * 1000)
    assert len(str(refused.value)) < 160


def within(folder: Path, text: str) -> float:
    path = folder / "scenario.yaml"
    step = f"{{on: a, call: gethostname, within: {text}}}"
    path.write_text(f"title: x\nshows: y\nhosts: [a]\nsteps:\n  - {step}\n", encoding="utf-8")
    (found,) = read(path).steps
    return float(found.expected.within_s)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["2000000ns", "2000us", "2ms", "0.002s"])
def test_every_unit_is_known_everywhere(tmp_path: Path, text: str) -> None:
    assert within(tmp_path, text) == 0.002
    assert Duration.read(text) == 0.002
    assert values.seconds(text, 0.0) == 0.002
    assert command_durations.milliseconds(text) == 2.0


def test_every_place_refuses_with_the_same_words(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=re.escape(durations.ALLOWED)):
        within(tmp_path, "soon")
    with pytest.raises(ValueError, match=re.escape(durations.ALLOWED)):
        values.seconds("soon", 0.0)
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(durations.ALLOWED)):
        command_durations.seconds("soon")
    assert Duration.ALLOWED.startswith(durations.ALLOWED)
