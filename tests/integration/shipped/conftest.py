"""The shipped lab on each engine, for all the tests here; whatever happens, nothing of it is left.

It goes down when the last of them ends: on Docker its health checks cost other tests their time.
pytest-docker's own `docker_services` leaves the containers behind when `up` fails, and on Ctrl-C
during it. Here the lab's engine brings up and removes, inside its guard, and pytest-docker's
fixtures name the file and the project.
"""

import os
import secrets
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
from tests import installed
from tests.integration.helpers import ROOT
from tests.integration.own_lab import quiet


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


@pytest.fixture(scope="package")
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
        lab = lifecycle.up(engine, file=file, name=name, build=True, progress=quiet)
        yield lab
        lab.down(progress=quiet)


@pytest.fixture(scope="package")
def lab(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The shipped lab, up on the engine."""
    if engine.name == choice.COMPOSE:
        request.getfixturevalue("docker_services")
        yield lifecycle.find([engine], request.getfixturevalue("docker_compose_project_name"))
    else:
        name: str = request.getfixturevalue("docker_compose_project_name")
        with _up(engine, ROOT / "compose.yaml", name) as lab:
            yield lab


@pytest.fixture(scope="package")
def server(lab: Lab) -> Host:
    return lab.host("server")


@pytest.fixture(scope="package")
def client(lab: Lab) -> Host:
    return lab.host("client")


@pytest.fixture(scope="package")
def names(lab: Lab) -> Host:
    return _with_program(lab, "names", "dnsmasq")


@pytest.fixture(scope="package")
def inetd(lab: Lab) -> Host:
    return _with_program(lab, "inetd", "xinetd")


def _with_program(lab: Lab, name: str, program: str) -> Host:
    """Return a host, if what it runs is there: in its image, or on this machine."""
    if lab.status().engine == choice.NAMESPACES:
        installed.require(program)
    return lab.host(name)
