"""The compose file is read as Compose reads it, and every place in it has a line."""

from pathlib import Path
from typing import Any

import pytest

from lab.compose import nodes, yaml
from lab.errors import TopologyError


def value(folder: Path, text: str) -> Any:
    path = folder / "compose.yaml"
    path.write_text(text)
    return nodes.of_file(path, yaml.parse(path)).plain()


# What `docker compose config` makes of them, too.
@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("yes", "yes"), ("on", "on"), ("Off", "Off"), ("y", "y")),
        *(("true", True), ("FALSE", False)),
        *(("12:30", "12:30"), ("12:34:56:12:34:56", "12:34:56:12:34:56"), ("1:2.5", "1:2.5")),
        *(("2020-01-01", "2020-01-01"), ("2020-99-99", "2020-99-99"), ("=", "=")),
        *(("10", 10), ("-1", -1), ("+12", 12), ("1_000", 1000), ("0x1f", 31), ("0b11", 3)),
        *(("010", 8), ("0o10", 8), ("08", "08"), ("0", 0), ("1.5", 1.5), (".5", 0.5), ("1.", 1.0)),
        *(("1e3", 1000.0), ("1.2.3", "1.2.3"), ("10.0.0.1", "10.0.0.1"), ("e5", "e5"), (".", ".")),
        *(("~", None), ("null", None), ("", None), ("'on'", "on"), ("'1'", "1")),
    ],
)  # fmt: skip
def test_scalar_is_what_compose_takes_it_for(tmp_path: Path, text: str, found: Any) -> None:
    assert value(tmp_path, f"a: {text}\n") == {"a": found}
    assert type(value(tmp_path, f"a: {text}\n")["a"]) is type(found)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a is there already, in line 1; keep one"),
        ("a:\n  b: 1\n\n  b: 2\n", 4, "b is there already, in line 2"),
        ("a: [{}, {b: 1,\n b: 2}]\n", 2, "b is there already, in line 1"),
        ("a: 1\n'a': 2\n", 2, "a is there already, in line 1"),
        ("x: &x {}\ny: &y {}\na:\n  <<: *x\n  <<: *y\n", 5, "<< is there already, in line 4"),
        ("a: &a\n  b: 1\n  b: 2\nc: *a\n", 3, "b is there already, in line 2"),
    ],
)
def test_key_that_is_there_twice_is_refused(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(TopologyError) as caught:
        value(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path}/compose.yaml:{line}: {said}")


def test_key_of_a_merged_mapping_may_be_there_again(tmp_path: Path) -> None:
    text = "x: &x {k: 1, l: 2}\na: {<<: *x, k: 3}\nb: {<<: [*x, *x]}\n"
    assert value(tmp_path, text)["a"] == {"k": 3, "l": 2}


def test_mapping_that_contains_itself_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text("a: &a\n  b: *a\n")
    with pytest.raises(TopologyError, match=r"compose.yaml:2: a part of it contains itself"):
        yaml.parse(path)


TEXT = """\
services:
  a:
    volumes:
      - data:/x
      - type: tmpfs
        target: /y
    sysctls: [a=1,
      b=2]
"""


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("services", "a", "volumes", 0), 4),
        (("services", "a", "volumes", 1), 5),
        (("services", "a", "volumes", 1, "target"), 6),
        (("services", "a", "volumes", "1"), 5),
        (("services", "a", "volumes", "x"), 3),
        (("services", "a", "volumes", 7), 3),
        (("services", "a", "sysctls", 1), 8),
        (("services", "a", "sysctls", 1, "deeper"), 8),
        (("services", "a", 0), 2),
        (("networks", 3), 1),
        ((), 1),
    ],
)
def test_entry_of_a_list_has_its_line(
    tmp_path: Path, keys: tuple[str | int, ...], line: int
) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(TEXT)
    assert nodes.of_file(path, yaml.parse(path)).at(keys).line == line


def test_part_that_cannot_be_made_a_value_has_its_line(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match=r"compose\.yaml:2: not YAML: could not determine"):
        value(tmp_path, "a: 1\nb: !theirs x\n")
