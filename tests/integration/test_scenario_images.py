"""`image` beside `hosts`: the hosts of a scenario, or of `lab try`, are of somebody's image."""

from pathlib import Path

import pytest

from lab.api.engine import Engine
from tests.integration import command

# Of the images here it alone has xinetd. It has the user `lab`, as images for hosts have.
IMAGE = "socket-lab/inetd"
SCENARIO = """\
title: An image
shows: what is in it
hosts: [one, two]
image: %s
steps:
  - {on: one, run: [sh, -c, "command -v xinetd"]}
  - {on: one, call: connect, as: c, to: "two:9", raises: ECONNREFUSED}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "image.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("docker_images")
@pytest.mark.parametrize(("line", "status"), [(f"image: {IMAGE}\n", 0), ("", 1)])
def test_hosts_have_what_their_image_has_compose(line: str, status: int, tmp_path: Path) -> None:
    path = written(tmp_path, SCENARIO.replace("image: %s\n", line))
    done = command.run("run", str(path), "--engine", "compose")
    assert done.returncode == status, done.stdout + done.stderr


def test_without_docker_an_image_is_refused(namespaces: Engine, tmp_path: Path) -> None:
    del namespaces
    path = written(tmp_path, SCENARIO % "somebody/else:1")
    line = command.refused(command.run("run", str(path), "--engine", "namespaces", cwd=tmp_path))
    text = "image: a host of the engine namespaces has the files of this machine, and no image"
    assert line == f"lab run: {path}: {text}; use --engine compose"
