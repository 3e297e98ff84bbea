"""What a service's programs have in their environment, as Compose makes it."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.compose import env_files
from lab.engines import choice
from lab.errors import LocatedError, TopologyError

OWN = {"HERE": "here", "BOTH": "own"}
ONE = """# a comment
ONE=1
BOTH=file
MADE=${ONE}-${HERE}-${BOTH}
export QUOTED="a b\\n"
RAW='$HERE'
HERE
ALONE
"""
TWO = "TWO=${ONE}/${MADE}\nONE=2\nEMPTY=\n"


def environment(folder: Path, **service: object) -> dict[str, str]:
    return env_files.environment("a", service, folder, OWN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.env").write_text(ONE)
    (tmp_path / "two.env").write_text(TWO)
    return tmp_path


def test_files_are_read_in_their_order_and_a_later_one_counts(folder: Path) -> None:
    assert environment(folder, env_file=["one.env", {"path": "two.env"}]) == {
        **{"ONE": "2", "BOTH": "file", "MADE": "1-here-own", "QUOTED": "a b\n", "RAW": "$HERE"},
        **{"HERE": "here", "TWO": "1/1-here-own", "EMPTY": ""},
    }


def test_one_file_needs_no_list(folder: Path) -> None:
    assert environment(folder, env_file="two.env")["ONE"] == "2"
    assert environment(folder, env_file=str(folder / "two.env"))["ONE"] == "2"


def test_what_the_service_says_itself_counts(folder: Path) -> None:
    for said in ({"ONE": 3, "X": None}, ["ONE=3", "X"]):
        assert environment(folder, env_file="two.env", environment=said)["ONE"] == "3"


def test_name_without_value_is_that_of_the_machine_or_not_set(folder: Path) -> None:
    found = environment(folder, env_file="one.env", environment=["BOTH", "ONE"])
    assert found["BOTH"] == "own"
    assert "ONE" not in found


def test_raw_file_means_what_it_says(folder: Path) -> None:
    found = environment(folder, env_file=[{"path": "one.env", "format": "raw"}])
    assert found["MADE"] == "${ONE}-${HERE}-${BOTH}"
    assert found["RAW"] == "'$HERE'"


def test_file_that_is_not_required_need_not_be_there(folder: Path) -> None:
    assert environment(folder, env_file=[{"path": "no.env", "required": False}]) == {}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("no.env", "no.env is not there; make it, or say that it is not required: {path: no.env"),
        (".", "Is a directory"),
        ({"path": "one.env", "format": "toml"}, "'toml' is no format; leave it out, or write raw"),
        ("binary.env", "is not UTF-8 text"),
        ("~nobody-here/x", "this machine knows no such home folder"),
    ],
)
def test_file_that_cannot_be_read_is_named(folder: Path, entry: object, said: str) -> None:
    (folder / "binary.env").write_bytes(b"A=\xff")
    with pytest.raises(LocatedError) as caught:
        environment(folder, env_file=["one.env", entry])
    assert caught.value.keys == ("services", "a", "env_file", 1)
    assert str(caught.value).startswith("services.a.env_file: ")
    assert said in str(caught.value)


def test_variable_that_is_wrong_is_named_with_its_line(folder: Path) -> None:
    (folder / "bad.env").write_text("A=1\nB=${C:?needed}\n")
    with pytest.raises(TopologyError, match=r"bad\.env:2: variable C is not set: needed"):
        environment(folder, env_file="bad.env")


@pytest.mark.parametrize(
    "service",
    [
        {"env_file": ["one.env", {"path": "two.env", "required": True}]},
        {"env_file": "one.env", "environment": ["BOTH", "ONE", "HERE", "X=y"]},
        {"env_file": [{"path": "no.env", "required": False}], "environment": {"A": True, "B": 1.0}},
    ],
)
def test_environment_is_what_it_is_for_compose(
    folder: Path, service: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not choice.docker_answers():
        pytest.skip("no Docker Engine answers on this machine")
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    path = folder / "compose.yaml"
    path.write_text(json.dumps({"services": {"a": {"image": "x", **service}}}))
    argv = ["docker", "compose", "--file", str(path), "config", "--format", "json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)["services"]["a"]["environment"]
    # `config` writes a $ twice, for whoever reads it again.
    set_there = {k: v.replace("$$", "$") for k, v in theirs.items() if v is not None}
    assert environment(folder, **service) == set_there
