"""Which images are built, and what they are called."""

import json
from typing import Any

import pytest

from lab.engines.compose import images


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], Any]]:
    """Take what would be asked of Compose."""
    calls: list[tuple[str, list[str], Any]] = []

    def compose(name: str, args: list[str], *, stdin: str, on_line: object) -> str:
        del on_line
        calls.append((name, args, json.loads(stdin)))
        return ""

    monkeypatch.setattr(images, "compose", compose)
    return calls


def topology(**services: Any) -> dict[str, Any]:
    return {"name": "lab-123", "services": services}


def test_services_with_the_same_image_and_build_are_built_once(
    built: list[tuple[str, list[str], Any]],
) -> None:
    one = {"image": "socket-lab/host", "build": {"context": ".", "target": "host"}}
    other = {"image": "socket-lab/host", "build": {"context": ".", "target": "other"}}
    topo = topology(a=one, b=dict(one), c=other, d={"image": "redis"})
    images.assign_names(topo, "mine")
    images.build(topo, lambda _doing, _detail: None)
    ((project, args, text),) = built
    assert (project, args) == ("mine", ["--file", "-", "build", "a", "c"])
    assert "name" not in text, "the lab's name would be the project's, and a label of each image"


def test_nothing_to_build_is_not_built(built: list[tuple[str, list[str], Any]]) -> None:
    topo = topology(a={"image": "redis"})
    images.assign_names(topo, "mine")
    images.build(topo, lambda _doing, _detail: None)
    assert built == []


def test_an_image_without_a_name_has_the_one_that_compose_gives_it() -> None:
    topo = topology(
        a={"build": {"context": "."}}, b={"build": {}, "image": "own"}, c={"image": "x"}
    )
    images.assign_names(topo, "mine")
    assert [topo["services"][name]["image"] for name in "abc"] == ["mine-a", "own", "x"]
