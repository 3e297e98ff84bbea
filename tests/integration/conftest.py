"""The engines. What only one of them has is tested where it stands."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.api.engine import Engine
from lab.engines import choice
from lab.engines.compose import agent_image
from lab.engines.compose import diagnostics as docker_diagnostics
from lab.engines.namespaces import diagnostics
from tests.integration.helpers import ROOT


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(ROOT / "compose.yaml")


@pytest.fixture(scope="session")
def docker_images(docker_compose_file: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The images of the shipped lab and of the agent are built, as these files have them."""
    if not choice.docker_answers():
        pytest.skip("no Docker Engine answers on this machine")
    os.chdir(ROOT)  # where `.env` is, which names the base image
    with _once_for_all_workers("docker_images", tmp_path_factory) as is_first:
        if not is_first:
            return
        if not agent_image.is_here():
            agent_image.build(docker_diagnostics.configured_base_image(ROOT))
        argv = ["docker", "compose", "--file", docker_compose_file, "build", "--quiet"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@contextmanager
def _once_for_all_workers(name: str, factory: pytest.TempPathFactory) -> Iterator[bool]:
    """Tell whether no worker of xdist has done it yet; others wait until the block is left."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    done = folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session", params=choice.NAMES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine; its images, if it has any, are built."""
    if request.param == choice.NAMESPACES:
        namespaces: Engine = request.getfixturevalue("namespaces")
        return namespaces
    if request.param == choice.COMPOSE:
        request.getfixturevalue("docker_images")
    return choice.load(request.param)


@pytest.fixture(scope="session")
def namespaces() -> Engine:
    """The engine `namespaces`, for what only it has."""
    if not (found := diagnostics.user_namespaces()).ok:
        pytest.skip(f"{found.name}: {found.seen}; {found.remedy}")
    return choice.load(choice.NAMESPACES)
