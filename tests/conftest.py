"""What all tests need."""

import signal
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from lab import optional
from tests import installed

# Without them hosts of the shipped lab run no program, on the engine `namespaces`.
_PROGRAMS = ("dnsmasq", "xinetd")
_SHIPPED = {"engine", "lab"}


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


class _DockerOnOneWorker(LoadScopeScheduling):  # type: ignore[misc]
    """One worker, and so one lab, for Docker, whose health checks alone keep a core busy.

    Not by the mark `xdist_group`: pytest-xdist 3.8 writes it into ids that pytest 9.2 makes anew.
    """

    def _split_scope(self, nodeid: str) -> str:
        on_docker = "compose" in nodeid and not nodeid.startswith("tests/unit")
        return "docker" if on_docker else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _DockerOnOneWorker | None:
    """With `--dist loadscope`: send tests to workers one by one, but for those of Docker."""
    return _DockerOnOneWorker(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip scenarios on the shipped machines where those have not what they run.

    And leave to the end what needs the shipped lab up on Docker: its health checks go on meanwhile.
    """
    items.sort(key=lambda item: "compose" in item.name and set(_fixtures(item)) >= _SHIPPED)
    missing = [name for name in _PROGRAMS if not optional.program(name).path()]
    for item in items:
        scenario = getattr(item, "scenario", None)  # of lab.pytest_plugin.scenarios
        if missing and scenario and scenario.compose:
            reason = "; ".join(installed.reason(name) for name in missing)
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Undo what a shell does to its background jobs: programs started here can be interrupted."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
