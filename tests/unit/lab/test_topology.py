"""Where Compose names a culprit, we name the line; everything a lab makes gets its label."""

from pathlib import Path

import pytest
import yaml

from lab.compose import yaml as compose_yaml
from lab.engines.compose import topology
from lab.errors import TopologyError

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


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("services.left Additional property comand is not allowed", 6),
        ("docker compose: services.left.comand must be a string", 6),
        ("services.left.image must be a string", 4),  # merged: the host is the nearest place
        ("networks.wire Additional property internl is not allowed", 11),
        ("services.nobody is odd", 3),
    ],
)
def test_line_of_what_compose_complains_about(said: str, line: int) -> None:
    root = yaml.compose(TEXT, Loader=yaml.SafeLoader)
    text = topology._with_line(PATH, root, said)
    assert text == f"compose.yaml:{line}: {said.removeprefix('docker compose: ')}"


def test_name_for_several_containers_is_told_where_it_stands() -> None:
    text = "services:\n  app:\n    scale: 2\n    container_name: one\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    said = "services.scale: can't set container_name and app as container name must be unique: odd"
    told = topology._with_line(PATH, root, said)
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
    assert topology._with_line(PATH, None, "it is odd") == "compose.yaml: it is odd"


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
