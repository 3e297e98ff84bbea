"""Where Compose names a culprit, we name the line; everything a lab makes gets its label."""

from pathlib import Path

import pytest
import yaml

from lab.compose import dotenv, files, nodes
from lab.compose import yaml as compose_yaml
from lab.compose.nodes import Node
from lab.engines.compose import topology
from lab.errors import EngineError, TopologyError
from lab.model import ComposeFiles

TEXT = """\
x-idle: &idle
  image: a
services:
  left:
    <<: *idle
    comand: sleep
  right.host:
    image: b
networks:
  wire:
    internl: true
"""
PATH = Path("compose.yaml")


def tree(text: str) -> Node:
    return nodes.of_file(PATH, yaml.compose(text, Loader=yaml.SafeLoader))


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("docker compose: services.left.comand must be a string", 6),
        ("services.left.image must be a string", 2),  # where it is merged from
        ("services.nobody is odd", 3),
    ],
)
def test_line_of_what_compose_complains_about(said: str, line: int) -> None:
    text = topology._with_line([tree(TEXT)], said)
    assert text == f"compose.yaml:{line}: {said.removeprefix('docker compose: ')}"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "services.left Additional property comand is not allowed",
            "6: services.left comand: no such key in a compose file; did you mean command?",
        ),
        (
            "networks.wire additional properties 'internl' not allowed",  # newer ones say it so
            "11: networks.wire internl: no such key in a compose file; did you mean internal?",
        ),
    ],
)
def test_key_that_compose_does_not_know_is_told_as_on_every_engine(said: str, told: str) -> None:
    text = TEXT if "comand" in said else TEXT.replace("    comand: sleep\n", "\n")
    assert topology._with_line([tree(text)], said) == f"compose.yaml:{told}"


def test_the_file_that_is_wrong_is_the_one_that_is_named() -> None:
    other = nodes.of_file(Path("b.yaml"), yaml.compose("services:\n  left:\n    image: 3\n"))
    said = f"validating {Path('b.yaml').resolve()}: services.left.image must be a string"
    assert topology._with_line([tree(TEXT), other], said) == (
        "b.yaml:3: services.left.image must be a string"
    )


def test_name_for_several_containers_is_told_where_it_stands() -> None:
    text = "services:\n  app:\n    scale: 2\n    container_name: one\n"
    said = "services.scale: can't set container_name and app as container name must be unique: odd"
    told = topology._with_line([tree(text)], said)
    assert told == (
        "compose.yaml:4: services.app.container_name: is for one host, and its service has several"
        " replicas; leave it out"
    )


def test_replicas_are_services_in_the_order_of_the_file() -> None:
    topo = {"services": {"a": {"image": "x"}, "z": {"scale": 2, "labels": {"own": "1"}}}}
    assert topology._expand(topo, "lab-1", ["z", "a"]) == {"z-1": "z", "z-2": "z"}
    assert list(topo["services"]) == ["z-1", "z-2", "a"]
    assert topo["services"]["z-2"] == {
        "container_name": "lab-1-z-2",
        "labels": {"own": "1", "socket-lab.service": "z"},
    }


def test_complaint_without_a_place_names_the_file() -> None:
    assert topology._with_line([tree("")], "it is odd") == "compose.yaml: it is odd"


def test_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TopologyError, match="is not UTF-8 text"):
        compose_yaml.parse(file)


def test_everything_the_lab_makes_is_labelled_and_nothing_else() -> None:
    topo = {
        "services": {"a": {"labels": {"own": "1"}}, "b": {}},
        "networks": {"wire": None, "theirs": {"external": True}},
        "volumes": {"data": {}, "theirs": {"external": True}},
    }
    topology._label(topo, {"socket-lab.name": "x"})
    assert topo == {
        "services": {
            "a": {"labels": {"own": "1", "socket-lab.name": "x"}},
            "b": {"labels": {"socket-lab.name": "x"}},
        },
        "networks": {
            "wire": {"labels": {"socket-lab.name": "x"}},
            "theirs": {"external": True},
        },
        "volumes": {
            "data": {"labels": {"socket-lab.name": "x"}},
            "theirs": {"external": True},
        },
    }


def test_the_env_file_is_read_by_the_engine_alone_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text("services:\n  a:\n    image: ${IMAGE:?is needed}\n", encoding="utf-8")
    (tmp_path / ".env").write_text("IMAGE=of-file\n", encoding="utf-8")
    read: list[Path] = []
    text_of = dotenv.text_of

    def reads(file: Path) -> str:
        read.append(file)
        return text_of(file)

    monkeypatch.setattr(dotenv, "text_of", reads)

    def refuses(*_args: object, **_options: object) -> str:
        why = "docker compose: it is odd"
        raise EngineError(why, argv=["docker"], exit_status=15)

    monkeypatch.setattr(topology, "compose", refuses)
    settings = files.environment(tmp_path)
    with pytest.raises(TopologyError, match="it is odd"):
        topology.read(ComposeFiles((path,)), "x", settings, {}, ())
    with pytest.raises(TopologyError, match=r"yaml:3: variable IMAGE is not set: is needed"):
        topology.read(ComposeFiles((path,)), "x", {}, {}, ())
    assert read == [tmp_path / ".env"]
