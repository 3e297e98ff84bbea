"""One lab for all the tests here, on real Docker; whatever happens, nothing of it is left.

pytest-docker's own `docker_services` leaves the containers behind when `up` fails, and on Ctrl-C
during it. Here the lab's engine brings up and removes, inside its guard, and pytest-docker's
fixtures name the file and the project.
"""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_docker.plugin import Services, get_docker_services

from lab import runner
from lab.engines.base import Host, Lab
from lab.engines.compose.engine import ComposeEngine
from tests.integration.helpers import ROOT


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Undo what a shell does to its background jobs: programs started here can be interrupted."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(ROOT / "compose.yaml")


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    return f"lab-test-{secrets.token_hex(3)}"


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    return []  # `docker_services` does it


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return []


@pytest.fixture(scope="session")
def engine() -> ComposeEngine:
    return ComposeEngine()


@pytest.fixture(scope="session")
def docker_services(
    engine: ComposeEngine,
    docker_compose_command: str,
    docker_compose_file: str,
    docker_compose_project_name: str,
    docker_setup: list[str],
    docker_cleanup: list[str],
) -> Iterator[Services]:
    """The lab is up, and every host healthy."""
    name = docker_compose_project_name
    os.chdir(ROOT)  # where `.env` is, which names the base image
    with engine.guarded(name):
        lab = runner.up(
            engine, file=Path(docker_compose_file), name=name, build=True, progress=_quiet
        )
        with get_docker_services(
            docker_compose_command, docker_compose_file, name, docker_setup, docker_cleanup
        ) as services:
            yield services
        lab.down(progress=_quiet)


def _quiet(_doing: str, _detail: str) -> None:
    pass


@pytest.fixture(scope="session")
def lab(docker_services: Services, docker_compose_project_name: str, engine: ComposeEngine) -> Lab:
    assert docker_services  # it has brought the lab up
    return runner.find([engine], docker_compose_project_name)


@pytest.fixture(scope="session")
def server(lab: Lab) -> Host:
    return lab.host("server")


@pytest.fixture(scope="session")
def client(lab: Lab) -> Host:
    return lab.host("client")


@pytest.fixture(scope="session")
def names(lab: Lab) -> Host:
    return lab.host("names")
