"""A lab on each engine for all the tests here; whatever happens, nothing of it is left.

pytest-docker's own `docker_services` leaves the containers behind when `up` fails, and on Ctrl-C
during it. Here the lab's engine brings up and removes, inside its guard, and pytest-docker's
fixtures name the file and the project. What only one engine has is tested where it stands.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_docker.plugin import Services, get_docker_services

from lab.api import lifecycle
from lab.api.engine import Engine
from lab.api.host import Host
from lab.api.lab import Lab
from lab.engines import choice
from lab.engines.compose import agent_image
from lab.engines.compose import diagnostics as docker_diagnostics
from lab.engines.namespaces import diagnostics
from tests import installed
from tests.integration.helpers import ROOT


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(ROOT / "compose.yaml")


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    # A test that kills a whole session wants to know the name beforehand.
    return os.environ.get("LAB_TEST_NAME", f"lab-test-{secrets.token_hex(3)}")


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    return []  # `docker_services` does it


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return []


@pytest.fixture(scope="session")
def docker_images(docker_compose_file: str) -> None:
    """The images of the shipped lab and of the agent are built, as these files have them."""
    if not choice.docker_answers():
        pytest.skip("no Docker Engine answers on this machine")
    os.chdir(ROOT)  # where `.env` is, which names the base image
    if not agent_image.is_here():
        agent_image.build(docker_diagnostics.configured_base_image(ROOT))
    argv = ["docker", "compose", "--file", docker_compose_file, "build", "--quiet"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def docker_services(
    docker_compose_command: str,
    docker_compose_file: str,
    docker_compose_project_name: str,
    docker_setup: list[str],
    docker_cleanup: list[str],
    request: pytest.FixtureRequest,
) -> Iterator[Services]:
    """The lab is up on Docker, its images are built, and every host is healthy."""
    request.getfixturevalue("docker_images")
    name = docker_compose_project_name
    with (
        _up(choice.load(choice.COMPOSE), Path(docker_compose_file), name),
        get_docker_services(
            docker_compose_command, docker_compose_file, name, docker_setup, docker_cleanup
        ) as services,
    ):
        yield services


@contextmanager
def _up(engine: Engine, file: Path, name: str) -> Iterator[Lab]:
    with engine.guarded(name):
        lab = lifecycle.up(engine, file=file, name=name, build=True, progress=_quiet)
        yield lab
        lab.down(progress=_quiet)


def _quiet(_doing: str, _detail: str) -> None:
    pass


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


@pytest.fixture(scope="session")
def lab(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The shipped lab, up on the engine."""
    if engine.name == choice.COMPOSE:
        request.getfixturevalue("docker_services")
        yield lifecycle.find([engine], request.getfixturevalue("docker_compose_project_name"))
    else:
        name: str = request.getfixturevalue("docker_compose_project_name")
        with _up(engine, ROOT / "compose.yaml", name) as lab:
            yield lab


@pytest.fixture(scope="session")
def server(lab: Lab) -> Host:
    return lab.host("server")


@pytest.fixture(scope="session")
def client(lab: Lab) -> Host:
    return lab.host("client")


@pytest.fixture(scope="session")
def names(lab: Lab) -> Host:
    return _with_program(lab, "names", "dnsmasq")


@pytest.fixture(scope="session")
def inetd(lab: Lab) -> Host:
    return _with_program(lab, "inetd", "xinetd")


def _with_program(lab: Lab, name: str, program: str) -> Host:
    """Return a host, if what it runs is there: in its image, or on this machine."""
    if lab.status().engine == choice.NAMESPACES:
        installed.require(program)
    return lab.host(name)
