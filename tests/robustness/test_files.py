"""Files that somebody made to break the lab: each is refused in a line."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.compose import dotenv
from lab.compose.document import Document
from lab.engines.namespaces.plan import reader as plan
from lab.errors import ScenarioError, TopologyError, VariableError
from lab.model import ComposeFiles
from lab.scenario import catalogue
from lab.scenario.reader import read
from tests.integration import command

DEEP = "[" * 50_000 + "]" * 50_000
LAUGHS = "\n".join(
    ["x-0: &x0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 10)]
)
MERGES = "\n".join(
    ["x-0: &x0 {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}"]
    + [f"x-{n}: &x{n}\n  <<: [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 10)]
)
SERVICE = "services:\n  a:\n    image: x\n"
NINES = "9" * 5_000


def compose_file(path: Path) -> None:
    """Read a compose file as an engine does."""
    document = Document(ComposeFiles((path,)), "lab", {})
    document.hosts()


def refused(read_file: Callable[[Path], object], path: Path) -> str:
    """Assert that a file is refused with its name first; return the text."""
    with pytest.raises((TopologyError, ScenarioError)) as caught:
        read_file(path)
    text = str(caught.value)
    assert text.startswith(str(path)), text
    assert all(len(line) <= 1_000 and line.isprintable() for line in text.splitlines())
    return text


# --- attacks, one by one


@pytest.mark.parametrize("verb", ["up", "run"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"title: x\nx-a: {DEEP}\n", "2: nests more than 100 deep"),
        (f"{LAUGHS}\n{SERVICE}", "5: its aliases stand for more than 100000 values"),
    ],
    ids=["deep", "aliases"],
)
def test_command_ends_with_status_2_and_a_line(
    tmp_path: Path, verb: str, text: str, found: str
) -> None:
    path = tmp_path / "attack.yaml"
    path.write_text(text)
    file = ["--engine", "namespaces", "--file"] if verb == "up" else []
    line = command.refused(command.run(verb, *file, str(path)))
    assert line.startswith(f"lab {verb}: {path}:{found}")


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        (f"{SERVICE}    x-a: {DEEP}\n", 4, "nests more than 100 deep"),
        (f"{SERVICE}    x-a: {'{a: ' * 500}1{'}' * 500}\n", 4, "nests more than 100 deep"),
        (f"{SERVICE}    x-a:\n      {'- ' * 5_000}1\n", 5, "nests more than 100 deep"),
        (f"{LAUGHS}\n{SERVICE}", 5, "more than 100000 values"),
        (f"{MERGES}\n{SERVICE}", 9, "more than 100000 values"),
        (f"{SERVICE}x-a: &a [*a]\n", 4, "a part of it contains itself"),
        (f"{SERVICE}    init: !!bool z}}\n", 4, "'z}' is no !!bool"),
        (f"{SERVICE}    init: !!timestamp z}}\n", 4, "is no !!timestamp"),
        (f"{SERVICE}    init: !!int []\n", 4, ""),
        (f"{SERVICE}    init: !!float ''\n", 4, "is no !!float"),
        (f"{SERVICE}    init: {NINES}\n", 4, "a number of more than 100 characters"),
        (f"{SERVICE}    init: 0x{NINES}\n", 4, "a number of more than 100 characters"),
        (f"{SERVICE}    deploy: {{replicas: 100000000}}\n", 2, "more than 1000 hosts"),
        (f"{SERVICE}    user: {'${A:-' * 9_000}\n", 4, "variables nest more than 20 deep"),
        (f'{SERVICE}    user: "a\\0b"\n', 4, "NUL"),
        (f'include: ["a\\0b"]\n{SERVICE}', 1, "NUL"),
        ("x: [" + "a, " * 100_001 + "]\n", 1, "more than 100000 values"),
        (f"? {DEEP}\n: 1\n", 1, "nests more than 100 deep"),
    ],
)  # fmt: skip
def test_compose_file_is_refused(tmp_path: Path, text: str, line: int, found: str) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(text)
    said = refused(compose_file, path)
    assert said.startswith(f"{path}:{line}: ")
    assert found in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"title: x\nsteps: {DEEP}\n", 2),
        (LAUGHS, 5),
        (f"title: x\nshows: y\nhosts: [a]\nseed: 0x{NINES}\nsteps: [1]\n", 4),
        (f"title: x\nshows: y\nhosts: ['{'B' * 100_000}']\nsteps: [1]\n", 3),
        (f"title: x\n{'k' * 100_000}: y\n", 2),
    ],
    ids=["deep", "aliases", "number", "long", "key"],
)
def test_scenario_is_refused(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "attack.yaml"
    path.write_text(text)
    assert refused(read, path).startswith(f"{path}:{line}: ")


def test_so_many_errors_are_shown_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "attack.yaml"
    path.write_text(f"title: x\nshows: y\nhosts: [a]\nsteps: [{'1, ' * 5_000}]\n")
    lines = refused(read, path).splitlines()
    assert len(lines) == 101
    assert lines[-1] == f"{path}: 4900 more errors"


@pytest.mark.parametrize("read_file", [compose_file, read])
def test_file_that_is_no_file_is_refused(
    tmp_path: Path, read_file: Callable[[Path], object]
) -> None:
    fifo, device, large = (tmp_path / f"{name}.yaml" for name in ("fifo", "device", "large"))
    os.mkfifo(fifo)
    device.symlink_to("/dev/zero")
    large.write_bytes(b" " * (1 << 20) + b"a")
    assert "is not a regular file" in refused(read_file, fifo)
    assert "is not a regular file" in refused(read_file, device)
    assert "has more than 1048576 bytes" in refused(read_file, large)


def test_folder_with_a_fifo_and_a_device_is_searched(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yaml")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    good = tmp_path / "good.yaml"
    good.write_text("title: x\n")
    assert catalogue.chosen([str(tmp_path)]) == [good]


def test_files_that_include_each_other_without_end_are_refused(tmp_path: Path) -> None:
    for number in range(60):
        text = f"include: [{number + 1}.yaml]\n{SERVICE}"
        (tmp_path / f"{number}.yaml").write_text(text)
    with pytest.raises(TopologyError, match=r"/50.yaml:1: include goes more than 50 files deep"):
        compose_file(tmp_path / "0.yaml")


def test_files_that_include_each_other_many_times_are_refused(tmp_path: Path) -> None:
    for number in range(9):
        each = ", ".join([f"{number + 1}.yaml"] * 10)
        (tmp_path / f"{number}.yaml").write_text(f"include: [{each}]\nx-a: 1\n")
    (tmp_path / "9.yaml").write_text(SERVICE)
    with pytest.raises(TopologyError, match=r"is one more than 1000 files"):
        compose_file(tmp_path / "0.yaml")


def test_services_that_extend_each_other_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    chain = [f"  s{n}: {{extends: s{n + 1}}}" for n in range(2_000)]
    path.write_text("\n".join(["services:", *chain, "  s2000: {image: x}"]))
    assert "extends goes more than 50 services deep" in refused(compose_file, path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=0123456789\n" + "\n".join(f"{b}={f'${a}' * 10}" for a, b in zip(
            "ABCDEFGHI", "BCDEFGHIJ", strict=True)), "6: F is longer than 131072 characters"),
        ("A=" + "x" * 100_000 + "\n" + "".join(f"B{n}=$A\n" for n in range(100)),
            "42: the values are longer than 4194304 characters together"),
        ("A=" + "${B:-" * 9_000, "1: variables nest more than 20 deep"),
    ],
    ids=["multiply", "repeat", "nest"],
)  # fmt: skip
def test_settings_that_multiply_are_refused(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / ".env"
    path.write_text(text)
    with pytest.raises(VariableError) as caught:
        dotenv.read(path, {})
    assert str(caught.value).startswith(f"{path}:{found}")


def test_settings_are_read_in_the_time_that_their_number_takes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("".join(f"A{number}=1\n" for number in range(90_000)))
    assert len(dotenv.read(path, {})) == 90_000


def test_settings_that_are_no_file_are_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    assert dotenv.read(tmp_path / ".env", {}) == {}


def test_variables_that_multiply_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    texts = ", ".join([f"'{'${A}' * 20}'"] * 1_000)
    path.write_text(f"{SERVICE}    x-a: [{texts}]\n")
    with pytest.raises(TopologyError, match="its variables stand for more than"):
        Document(ComposeFiles((path,)), "lab", {"A": "x" * 10_000})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"include:\n  - absent.yaml\n{SERVICE}", 2),
        (f"include: [{{path: [absent.yaml]}}]\n{SERVICE}", 1),
        (f"{SERVICE}    extends: {{file: absent.yaml, service: a}}\n", 4),
    ],
)
def test_file_that_another_names_is_refused_where_it_is_named(
    tmp_path: Path, text: str, line: int
) -> None:
    path, other = tmp_path / "compose.yaml", tmp_path / "absent.yaml"
    path.write_text(text)
    missing = "No such file or directory; name another file"
    assert refused(compose_file, path).startswith(f"{path}:{line}: {other}: {missing}")
    os.mkfifo(other)
    assert f"{path}:{line}: {other}: is not a regular file, but a FIFO" in refused(
        compose_file, path
    )


@pytest.mark.parametrize("kind", ["secrets", "configs"])
def test_source_whose_name_is_too_long_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "compose.yaml"
    granted = f"    labels: {{socket-lab.native: sh}}\n    {kind}: [s]\n"
    path.write_text(f"{SERVICE}{granted}{kind}: {{s: {{file: {'x' * 300}}}}}\n")
    found = refused(lambda one: plan.read(ComposeFiles((one,)), "lab"), path)
    assert found.startswith(f"{path}:6: ")
    assert found.endswith("is not there; make it, or name another")
