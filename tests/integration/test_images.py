"""What labs leave of their images: on Docker, one of each, with its name."""

import subprocess
from pathlib import Path

import pytest

from lab.api import lifecycle
from lab.engines import choice
from tests.integration.own_lab import quiet

pytestmark = pytest.mark.usefixtures("docker_images")
DOCKERFILE = "FROM {base}\nLABEL socket-lab.test={label}\n"
COMPOSE = """\
services:
  one: {build: ., entrypoint: sleep infinity, init: true}
  two: {build: ., image: socket-lab-test/two, entrypoint: sleep infinity, init: true}
"""


def docker(*argv: str) -> list[str]:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_labs_that_come_and_go_leave_one_image_of_each(tmp_path: Path) -> None:
    folder = tmp_path / "socket-lab-test"
    folder.mkdir()
    engine = choice.load(choice.COMPOSE)
    label = tmp_path.parent.name + tmp_path.name
    text = DOCKERFILE.format(base=engine.bare_image(quiet), label=label)
    (folder / "Dockerfile").write_text(text)
    (folder / "compose.yaml").write_text(COMPOSE)
    ours = ("image", "ls", "--no-trunc", "--filter", f"label=socket-lab.test={label}")
    try:
        for name in ("lab-test-images-1", "lab-test-images-2"):
            with engine.guarded(name):
                file = folder / "compose.yaml"
                lab = lifecycle.up(engine, file=file, name=name, build=True, progress=quiet)
                lab.down(progress=quiet)
        names = docker(*ours, "--format", "{{.Repository}}")
        assert sorted(names) == ["socket-lab-test-one", "socket-lab-test/two"]
    finally:
        for image in set(docker(*ours, "--quiet")):
            docker("image", "rm", "--force", image)
